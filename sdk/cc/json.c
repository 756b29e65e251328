#include "cc/json.h"

#include "base/memory.h"

void json_print(const cJSON *json, FILE *stream)
{
    char *text = cJSON_Print(json);
    if (!text)
        memory_exhausted();
    fprintf(stream, "%s\n", text);
    cJSON_free(text);
}
