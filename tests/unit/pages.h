/* pages.h: physical memory for parts of the kernel that run in a process: from the heap, so that the sanitizers see who
 * goes beyond it or leaves it, and full of junk, as a machine's is. A test with less memory than 4 GiB defines
 * PAGES_LIMIT before. */
#ifndef PAGES_H
#define PAGES_H

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "mm/page.h"
#include "panic.h"

/* What is given out. Addresses are inverted, so that LeakSanitizer does not take this for somebody who uses them. */
static struct page_run {
    uintptr_t inverted;
    size_t count;
} *page_runs;
static size_t page_run_count, page_run_room;

#ifndef PAGES_LIMIT
#define PAGES_LIMIT (1 << 20)
#endif
static size_t pages_in_use, pages_limit = PAGES_LIMIT;

void (*page_reclaim)(size_t count);

void *pages_alloc(size_t count)
{
    if (pages_in_use + count > pages_limit)
        return NULL;
    if (page_run_count == page_run_room) {
        page_run_room = page_run_room ? 2 * page_run_room : 256;
        page_runs = realloc(page_runs, page_run_room * sizeof *page_runs);
    }
    void *pages = aligned_alloc(PAGE_SIZE, count * PAGE_SIZE);
    page_runs[page_run_count++] = (struct page_run){~(uintptr_t)pages, count};
    pages_in_use += count;
    return memset(pages, 0xa5, count * PAGE_SIZE);
}

void pages_free(void *pages, size_t count)
{
    size_t at = page_run_count;
    while (at > 0 && page_runs[at - 1].inverted != ~(uintptr_t)pages)
        at--;
    CHECK(at > 0 && page_runs[at - 1].count == count); /* else it was never given out, or not so many */
    page_runs[at - 1] = page_runs[--page_run_count];
    pages_in_use -= count;
    free(pages);
}

/* For what is never freed in a kernel: the next test begins with nothing in use. */
static inline void pages_free_all(void)
{
    while (page_run_count > 0)
        free((void *)~page_runs[--page_run_count].inverted);
    pages_in_use = 0;
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

uint64_t page_phys(const void *address)
{
    return (uint64_t)address;
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
