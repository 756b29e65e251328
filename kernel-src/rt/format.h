/* format.h: text from a format, for messages of the runtime and the kernel.
 *
 * Conversions: %s, %c, %d and %u (int), %ld %lu (64 bits, also with ll), %x and %lx (hexadecimal without 0x), %p (0x
 * and all 16 digits), %%. A width with leading zeroes is allowed for numbers (%08x). Nothing else: an unknown
 * conversion is copied as it stands. */
#ifndef RT_FORMAT_H
#define RT_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Writes at most size - 1 bytes and a zero to `out` (size is at least 1), and returns the number of bytes before the
 * zero. What does not fit is cut off. */
size_t format_text(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
size_t format_text_list(char *out, size_t size, const char *format, va_list values)
    __attribute__((format(printf, 3, 0)));

#endif
