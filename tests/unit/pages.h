/* pages.h: physical memory for parts of the kernel that run in a unit test, from the heap, so that the sanitizers see
 * whoever leaves it. */
#ifndef PAGES_H
#define PAGES_H

#include <stdarg.h>
#include <stdlib.h>

#include "check.h"
#include "mm/page.h"
#include "panic.h"

static size_t pages_in_use;
static size_t pages_limit = 1 << 20;

void *pages_alloc(size_t count)
{
    if (pages_in_use + count > pages_limit)
        return NULL;
    pages_in_use += count;
    return aligned_alloc(PAGE_SIZE, count * PAGE_SIZE);
}

void pages_free(void *pages, size_t count)
{
    pages_in_use -= count;
    free(pages);
}

void *page_alloc(void)
{
    return pages_alloc(1);
}

void page_free(void *page)
{
    pages_free(page, 1);
}

size_t page_free_count(void)
{
    return pages_limit - pages_in_use;
}

_Noreturn void panic(const char *subsystem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "panic: %s: ", subsystem);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    exit(1);
}

#endif
