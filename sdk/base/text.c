#include "base/text.h"

#include <ctype.h>
#include <string.h>

void text_make_printable(char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)text[i];
        unsigned char next = i + 1 < size ? (unsigned char)text[i + 1] : 0;
        if (byte < 0x20 || byte == 0x7f)
            text[i] = '?';
        else if (byte == 0xc2 && next >= 0x80 && next < 0xa0)
            text[i] = text[i + 1] = '?';
    }
}

void text_print_word(const char *word, FILE *stream)
{
    if (*word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%")]) {
        fputs(word, stream);
        return;
    }
    fputc('\'', stream);
    for (; *word; word++)
        if (*word == '\'')
            fputs("'\\''", stream);
        else
            fputc(*word, stream);
    fputc('\'', stream);
}

const char *text_plain_name(const char *file_name, struct arena *arena)
{
    enum { LONGEST = 63 };
    const char *slash = strrchr(file_name, '/');
    const char *name = slash ? slash + 1 : file_name, *dot = strrchr(name, '.');
    const char *end = dot && dot > name ? dot : name + strlen(name);
    char *plain = arena_alloc(arena, LONGEST + 1);
    size_t length = isalpha((unsigned char)*name) ? 0 : strlen(strcpy(plain, "app-"));
    for (; name < end && length < LONGEST; name++)
        if (isalnum((unsigned char)*name))
            plain[length++] = (char)tolower((unsigned char)*name);
        else if (plain[length - 1] != '-')
            plain[length++] = '-';
    while (length > 0 && plain[length - 1] == '-')
        length--;
    plain[length] = 0;
    return plain;
}
