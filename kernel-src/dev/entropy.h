/* entropy.h: random bytes for the program and the kernel. */
#ifndef DEV_ENTROPY_H
#define DEV_ENTROPY_H

#include <stddef.h>

/* Fills `bytes` with cryptographically strong random bytes. Seeds itself at first use, which may take milliseconds. */
void entropy_read(void *bytes, size_t size);

#endif
