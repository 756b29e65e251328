/* json.c: parse the document on stdin with cJSON, and print it again, several times. */
#include <stdio.h>
#include <stdlib.h>

#include "cJSON.h"

#define ROUNDS 40

int main(void)
{
    size_t capacity = 4 << 20;
    char *text = malloc(capacity), *printed = NULL;

    text[fread(text, 1, capacity - 1, stdin)] = 0;
    for (int i = 0; i < ROUNDS; i++) {
        cJSON *document = cJSON_Parse(i % 2 ? printed : text);

        if (!document)
            return 1;
        free(printed);
        printed = cJSON_Print(document);
        cJSON_Delete(document);
    }
    puts(printed);
    return 0;
}
