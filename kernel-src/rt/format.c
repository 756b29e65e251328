/* format.c: see format.h. */
#include "rt/format.h"

#include <stdbool.h>
#include <stdint.h>

struct output {
    char *text;
    size_t used;
    size_t limit; /* bytes of text; one more holds the zero */
};

/* One conversion, as far as it has been read. */
struct conversion {
    unsigned width; /* leading zeroes up to so many digits */
    bool is_long;
    char letter;
};

#define WIDTH_MAX  20
#define DIGITS_MAX 20 /* of 2^64 - 1 in decimal */

static void put_char(struct output *out, char c)
{
    if (out->used < out->limit)
        out->text[out->used++] = c;
}

static void put_string(struct output *out, const char *string)
{
    for (const char *c = string ? string : "(null)"; *c; c++)
        put_char(out, *c);
}

static void put_number(struct output *out, uint64_t value, unsigned base, unsigned width)
{
    char digits[DIGITS_MAX];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    for (unsigned i = count; i < width; i++)
        put_char(out, '0');
    while (count)
        put_char(out, digits[--count]);
}

static void put_signed(struct output *out, int64_t value, unsigned width)
{
    if (value >= 0) {
        put_number(out, (uint64_t)value, 10, width);
        return;
    }
    put_char(out, '-');
    put_number(out, 0 - (uint64_t)value, 10, width ? width - 1 : 0);
}

/* Reads what follows a '%' and returns the place of the conversion's letter. */
static const char *read_conversion(const char *format, struct conversion *conversion)
{
    *conversion = (struct conversion){0};
    for (; *format >= '0' && *format <= '9'; format++) {
        unsigned width = conversion->width * 10 + (unsigned)(*format - '0');
        conversion->width = width < WIDTH_MAX ? width : WIDTH_MAX;
    }
    for (; *format == 'l' || *format == 'z'; format++)
        conversion->is_long = true;
    conversion->letter = *format;
    return format;
}

/* The list is passed as a pointer, since an array type cannot be advanced by a callee otherwise. */
static uint64_t next_unsigned(va_list *values, bool is_long)
{
    return is_long ? va_arg(*values, uint64_t) : va_arg(*values, unsigned);
}

static int64_t next_signed(va_list *values, bool is_long)
{
    return is_long ? va_arg(*values, int64_t) : va_arg(*values, int);
}

static void put_conversion(struct output *out, const struct conversion *conversion, va_list *values)
{
    switch (conversion->letter) {
    case 's':
        put_string(out, va_arg(*values, const char *));
        break;
    case 'c':
        put_char(out, (char)va_arg(*values, int));
        break;
    case 'd':
        put_signed(out, next_signed(values, conversion->is_long), conversion->width);
        break;
    case 'u':
        put_number(out, next_unsigned(values, conversion->is_long), 10, conversion->width);
        break;
    case 'x':
        put_number(out, next_unsigned(values, conversion->is_long), 16, conversion->width);
        break;
    case 'p':
        put_string(out, "0x");
        put_number(out, (uintptr_t)va_arg(*values, void *), 16, 16);
        break;
    default:
        put_char(out, '%');
        if (conversion->letter != '%')
            put_char(out, conversion->letter);
    }
}

size_t format_text_list(char *out, size_t size, const char *format, va_list values)
{
    struct output output = {.text = out, .limit = size - 1};
    va_list list;
    va_copy(list, values);
    for (; *format; format++) {
        if (*format != '%') {
            put_char(&output, *format);
            continue;
        }
        struct conversion conversion;
        format = read_conversion(format + 1, &conversion);
        if (!conversion.letter)
            break;
        put_conversion(&output, &conversion, &list);
    }
    va_end(list);
    out[output.used] = 0;
    return output.used;
}

size_t format_text(char *out, size_t size, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    size_t used = format_text_list(out, size, format, values);
    va_end(values);
    return used;
}
