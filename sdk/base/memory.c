#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"

void memory_exhausted(void)
{
    cleanup_end(EXIT_FAILED, "mewz-cc: out of memory\n"); /* not exit: other threads may be at work */
}

static void *check(void *memory)
{
    if (!memory)
        memory_exhausted();
    return memory;
}

void *memory_alloc(size_t size)
{
    return check(calloc(1, size ? size : 1));
}

void *memory_resize(void *memory, size_t size)
{
    return check(realloc(memory, size ? size : 1));
}

char *memory_copy_string(const char *string)
{
    return check(strdup(string));
}
