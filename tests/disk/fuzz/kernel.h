/* kernel.h: what file systems need of the kernel, for a target of libFuzzer: pages, and a clock that moves when it is
 * looked at. One input leaves nothing to the next, and the sanitizer sees what it used after it was freed. */
#ifndef FUZZ_KERNEL_H
#define FUZZ_KERNEL_H

#define PAGES_LIMIT 4096
#include "pages.h"

#include "arch/x86_64/time.h"
#include "wasi/host.h"

static uint64_t clock_now;

uint64_t time_now(void)
{
    return clock_now += 100000000;
}

uint64_t host_clock_now(enum host_clock clock)
{
    (void)clock;
    return time_now();
}

static void kernel_reset(void)
{
    pages_free_all();
    clock_now = 0;
}

#endif
