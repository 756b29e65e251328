#include "metadata/base64.h"

#include <stdint.h>

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(char *text, size_t *size)
{
    uint32_t bits = 0;
    size_t digits = 0, padding = 0, out = 0;
    for (size_t i = 0; i < *size; i++) {
        char c = text[i];
        int value = value_of(c);
        if (c == ' ' || c == '\n' || c == '\r')
            continue;
        if (c == '=') {
            padding++;
            continue;
        }
        if (value < 0 || padding > 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (digits++ % 4 > 0)
            text[out++] = (char)(bits >> (6 - 2 * ((digits - 1) % 4)));
    }
    *size = out;
    return digits % 4 != 1 && padding <= 2;
}
