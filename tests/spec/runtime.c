/* runtime.c: a small system for compiled modules (docs/abi.md) on Linux, which runs the commands of a script, one group
 * of instances after the other. It prints a line for each command that fails, and ends with status 1 if any did. */
#include "runtime.h"

#include "rt/run.h"
#include "rt/trap.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

static const struct spec_group *group; /* the one that runs */
static sigjmp_buf back;
static volatile enum mewz_trap last_trap;
static int failures;

static const char *trap_text(enum mewz_trap trap)
{
    switch (trap) {
#define TRAP(code, name, text)                                                                                         \
    case code:                                                                                                         \
        return text;
#include <mewz/trap.def>
#undef TRAP
    }
    return "no trap";
}

static int in_memory(const void *address)
{
    for (int i = 0; i < group->program_count; i++)
        for (uint32_t j = 0; j < group->programs[i]->memory_count; j++)
            if ((uint64_t)address - (uint64_t)group->programs[i]->memories[j]->base < MEWZ_MEMORY_RESERVE)
                return 1;
    return 0;
}

static void handle_signal(int signal, siginfo_t *info, void *context)
{
    static const uint8_t ud1l[] = {0x67, 0x0f, 0xb9, 0x40};
    const uint8_t *rip = (const uint8_t *)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    if (signal == SIGILL)
        last_trap = memcmp(rip, ud1l, sizeof(ud1l)) == 0 ? (enum mewz_trap)rip[4] : 0;
    else
        last_trap = in_memory(info->si_addr) ? MEWZ_TRAP_MEMORY : MEWZ_TRAP_STACK;
    siglongjmp(back, 1);
}

/* What the runtime's part for exceptions (kernel-src/rt) wants of a system. */
uint64_t program_stack_end;

enum mewz_trap trap_kind_at(uint64_t rip)
{
    (void)rip;
    return 0;
}

_Noreturn void trap_report(enum mewz_trap kind, const struct trap_registers *registers, uint64_t fault_address)
{
    (void)registers, (void)fault_address;
    last_trap = kind;
    siglongjmp(back, 1);
}

static void catch_signals(void)
{
    static char stack[65536];
    stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_sigaction = handle_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&alternate, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGILL, &action, NULL);
}

static int commit(const struct mewz_memory *memory, uint64_t pages)
{
    return pages == 0 || mprotect(memory->base, pages * MEWZ_PAGE_SIZE, PROT_READ | PROT_WRITE) == 0;
}

static void fail_to_map(void)
{
    perror("memory");
    exit(2);
}

static void map_memory(struct mewz_memory *memory)
{
    uint8_t *wanted = memory->base;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (wanted ? MAP_FIXED_NOREPLACE : 0);
    memory->base = mmap(wanted, MEWZ_MEMORY_RESERVE, PROT_NONE, flags, -1, 0);
    if (memory->base == MAP_FAILED || (wanted && memory->base != wanted) || !commit(memory, memory->pages))
        fail_to_map();
}

static void visit_memories(void (*visit)(struct mewz_memory *memory))
{
    for (int i = 0; i < group->program_count; i++)
        for (uint32_t j = 0; j < group->programs[i]->memory_count; j++)
            visit(group->programs[i]->memories[j]);
}

static void unmap_memory(struct mewz_memory *memory)
{
    munmap(memory->base, MEWZ_MEMORY_RESERVE);
}

uint64_t mewz_memory_grow(struct mewz_memory *memory, uint64_t delta)
{
    uint64_t old = memory->pages;
    if (delta > memory->max_pages - old || !commit(memory, old + delta))
        return UINT64_MAX;
    memory->pages = old + delta;
    return old;
}

static int matches(const struct spec_result *wanted, uint64_t bits)
{
    switch (wanted->match) {
    case SPEC_CANONICAL_32:
        return (bits & 0x7fffffff) == 0x7fc00000;
    case SPEC_CANONICAL_64:
        return (bits & 0x7fffffffffffffff) == 0x7ff8000000000000;
    case SPEC_ARITHMETIC_32:
        return (bits & 0x7fc00000) == 0x7fc00000;
    case SPEC_ARITHMETIC_64:
        return (bits & 0x7ff8000000000000) == 0x7ff8000000000000;
    case SPEC_NOT_NULL:
        return bits != 0;
    case SPEC_BITS_32:
        return (uint32_t)bits == wanted->bits;
    case SPEC_BITS_64:
        break;
    }
    return bits == wanted->bits;
}

static void fail(int line, const char *wanted, const char *got)
{
    printf("%d: expected %s, got %s\n", line, wanted, got);
    failures++;
}

/* The first result that is not as wanted, or NULL. */
static const struct spec_result *find_difference(const struct spec_outcome *outcome, const uint64_t *results,
                                                 uint64_t *bits)
{
    for (int i = 0; i < outcome->count; i++) {
        memcpy(bits, (const char *)results + outcome->results[i].offset, sizeof *bits);
        if (!matches(&outcome->results[i], *bits))
            return &outcome->results[i];
    }
    return NULL;
}

static void check_results(const struct spec_command *command, const uint64_t *results)
{
    const struct spec_result *difference = NULL;
    char wanted[64], got[64];
    uint64_t bits = 0;
    for (int i = 0; i < command->outcome_count; i++) {
        difference = find_difference(&command->outcomes[i], results, &bits);
        if (!difference)
            return;
    }
    if (!difference)
        return;
    snprintf(wanted, sizeof(wanted), "0x%llx (%d)", (unsigned long long)difference->bits, difference->match);
    snprintf(got, sizeof(got), "0x%llx", (unsigned long long)bits);
    fail(command->line, wanted, got);
}

/* Scripts shorten some texts, as "uninitialized element" for "uninitialized element 7". */
static void check_trap(const struct spec_command *command)
{
    const char *got = trap_text(last_trap);
    if (!command->text)
        fail(command->line, "no trap", got);
    else if (strncmp(command->text, got, strlen(got)) != 0)
        fail(command->line, command->text, got);
}

static void run_command(const struct spec_command *command)
{
    static uint64_t results[2000];
    memset(results, 0, sizeof(results));
    if (sigsetjmp(back, 1) != 0) {
        check_trap(command);
        return;
    }
    if (command->kind == SPEC_INSTANTIATE)
        command->program->instantiate();
    else
        command->call(command->args, results);
    if (command->text)
        fail(command->line, command->text, "no trap");
    if (command->kind == SPEC_RETURN)
        check_results(command, results);
}

int main(void)
{
    program_stack_end = (uint64_t)__builtin_frame_address(0);
    catch_signals();
    for (group = spec_groups; group < spec_groups + spec_group_count; group++) {
        visit_memories(map_memory);
        for (int i = 0; i < group->command_count; i++)
            run_command(&group->commands[i]);
        visit_memories(unmap_memory);
    }
    return failures ? 1 : 0;
}
