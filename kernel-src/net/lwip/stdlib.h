/* stdlib.h: the part of C's that lwIP uses (net/port.c). */
#ifndef NET_STDLIB_H
#define NET_STDLIB_H

#include <stddef.h>

int atoi(const char *text);

#endif
