/* text.h: C's functions on texts that libraries in the kernel share. They are apart from all else, so that a program
 * with one of these libraries does not carry another one. */
#ifndef RT_TEXT_H
#define RT_TEXT_H

#include <stddef.h>

size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);

#endif
