/* start.c: from the process's first instruction to the program, in order. */
#include "hosts/linux/start.h"

#include <linux/mman.h>

#include "hosts/linux/syscall.h"
#include "rt/run.h"

/* The program's stack: as large as what Linux gives a process by default, and all that a program ever gets. Below it
 * lies the guard; compiled code touches each page of a large frame in order, and the functions of this system have
 * frames of less than a page, so that none can step over it. */
#define STACK_SIZE (8ul << 20)
#define GUARD_SIZE (64ul << 10)

static char *map_stack(void)
{
    long address = syscall6(__NR_mmap, 0, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (address < 0 || syscall3(__NR_mprotect, address, GUARD_SIZE, PROT_NONE) < 0)
        start_fail("no memory for the program's stack");
    return (char *)address;
}

_Noreturn void linux_start(const uint64_t *initial_stack);

_Noreturn void linux_start(const uint64_t *initial_stack)
{
    config_init(initial_stack);
    memory_reserve();
    char *stack = map_stack();
    signal_init(stack, GUARD_SIZE);
    stack_switch(stack + GUARD_SIZE + STACK_SIZE, (void (*)(void))program_run);
}
