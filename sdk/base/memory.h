/* memory.h: heap memory for tools that have nothing better to do without it than to end. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

/* As calloc, realloc and strdup, but never NULL: when memory ends, the process ends with one line and EXIT_FAILED.
 * The caller frees. */
void *memory_alloc(size_t size); /* zeroed */
void *memory_resize(void *memory, size_t size);
char *memory_copy_string(const char *string);

/* The end that they have in common, for callers who got NULL from somebody else. */
_Noreturn void memory_exhausted(void);

#endif
