/* memory.c: linear memories in the process's address space.
 *
 * Reserved as inaccessible private memory and made accessible bit by bit, so that Linux counts a page against its
 * overcommit limit when the program asks for it, and memory.grow fails where there is not that much.
 *
 * Large pages are asked for: measured with 512 MiB, the first touch of each page then takes a quarter of the time, and
 * random reads 0.6 of it. A small memory does not get any, since less than a whole one is accessible. */
#include <linux/mman.h>

#include "hosts/linux/start.h"
#include "hosts/linux/syscall.h"
#include "wasi/host.h"

void memory_reserve(void)
{
    for (uint32_t i = 0; i < mewz_program.memory_count; i++) {
        long base = (long)mewz_program.memories[i]->base; /* NULL: anywhere */
        long address = syscall6(__NR_mmap, base, MEWZ_MEMORY_RESERVE, PROT_NONE,
                                MAP_PRIVATE | MAP_ANONYMOUS | (base ? MAP_FIXED_NOREPLACE : 0), -1, 0);
        if (address < 0 || (base && address != base))
            start_fail("cannot reserve 8 GiB of address space for linear memory (see ulimit -v)");
        mewz_program.memories[i]->base = (uint8_t *)address;
        syscall3(__NR_madvise, address, MEWZ_MEMORY_RESERVE, MADV_HUGEPAGE); /* not every kernel has them */
    }
}

bool host_memory_commit(struct mewz_memory *memory, uint64_t pages)
{
    uint64_t start = (uint64_t)memory->base + memory->pages * MEWZ_PAGE_SIZE;
    uint64_t size = (pages - memory->pages) * MEWZ_PAGE_SIZE;
    return size == 0 || syscall3(__NR_mprotect, (long)start, (long)size, PROT_READ | PROT_WRITE) == 0;
}

void *host_memory_take(size_t size)
{
    long address = syscall6(__NR_mmap, 0, (long)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return address < 0 ? NULL : (void *)address;
}
