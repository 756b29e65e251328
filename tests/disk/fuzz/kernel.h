/* kernel.h: what file systems need of the kernel, for a target of libFuzzer: pages from the heap, where the sanitizer
 * sees whoever leaves them, and a clock that moves when it is looked at. */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#include <stdio.h>
#include <stdlib.h>

#include "arch/x86_64/time.h"
#include "mm/page.h"
#include "panic.h"
#include "wasi/host.h"

enum { PAGE_RUNS_MAX = 4096, PAGES_MAX = 4096 };

/* What is given out, so that one input leaves nothing to the next. */
static struct page_run {
    void *pages;
    size_t count;
} page_runs[PAGE_RUNS_MAX];
static size_t page_run_count, pages_in_use;
static uint64_t clock_now;

void (*page_reclaim)(size_t count);

void *pages_alloc(size_t count)
{
    if (page_run_count == PAGE_RUNS_MAX || pages_in_use + count > PAGES_MAX)
        return NULL;
    void *pages = aligned_alloc(PAGE_SIZE, count * PAGE_SIZE);
    page_runs[page_run_count++] = (struct page_run){pages, count};
    pages_in_use += count;
    return pages;
}

void pages_free(void *pages, size_t count)
{
    size_t at = page_run_count;
    while (at > 0 && page_runs[at - 1].pages != pages)
        at--;
    if (at == 0 || page_runs[at - 1].count != count)
        abort(); /* it was never given out, or not so many */
    page_runs[at - 1] = page_runs[--page_run_count];
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
    return PAGES_MAX - pages_in_use;
}

uint64_t page_phys(const void *address)
{
    return (uint64_t)address;
}

uint64_t time_now(void)
{
    return clock_now += 100000000;
}

uint64_t host_clock_now(enum host_clock clock)
{
    (void)clock;
    return time_now();
}

_Noreturn void panic(const char *subsystem, const char *format, ...)
{
    fprintf(stderr, "panic: %s: %s\n", subsystem, format);
    abort();
}

static void kernel_reset(void)
{
    while (page_run_count > 0)
        free(page_runs[--page_run_count].pages);
    pages_in_use = 0;
    clock_now = 0;
}

#endif
