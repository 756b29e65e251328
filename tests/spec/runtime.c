/* runtime.c: a small system for compiled modules (docs/abi.md) on Linux, which runs the assertions of a script, one
 * module after the other. It prints a line for each that fails, and ends with status 1 if any did.
 *
 * Each module's symbols have a prefix; the linker script that execute.mjs writes gives what the modules lack the names
 * here. */
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

uint64_t spec_memory_grow(struct mewz_memory *memory, uint64_t delta);
void *spec_memmove(void *to, const void *from, size_t size);
void *spec_memset(void *to, int byte, size_t size);
void spec_print(void);

static const struct mewz_program *program; /* the module that runs */
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
    for (uint32_t i = 0; i < program->memory_count; i++) {
        uint64_t offset = (uint64_t)address - (uint64_t)program->memories[i]->base;
        if (offset < MEWZ_MEMORY_RESERVE)
            return 1;
    }
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

static void unmap_memories(void)
{
    for (uint32_t i = 0; i < program->memory_count; i++)
        munmap(program->memories[i]->base, MEWZ_MEMORY_RESERVE);
}

static void map_memories(void)
{
    for (uint32_t i = 0; i < program->memory_count; i++) {
        struct mewz_memory *memory = program->memories[i];
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (i == 0 ? MAP_FIXED_NOREPLACE : 0);
        void *base = mmap(memory->base, MEWZ_MEMORY_RESERVE, PROT_NONE, flags, -1, 0);
        if (base == MAP_FAILED || (i == 0 && base != memory->base)) {
            perror("memory");
            exit(2);
        }
        memory->base = base;
        if (!commit(memory, memory->pages)) {
            perror("memory");
            exit(2);
        }
    }
}

uint64_t spec_memory_grow(struct mewz_memory *memory, uint64_t delta)
{
    uint64_t old = memory->pages;
    if (delta > memory->max_pages - old || !commit(memory, old + delta))
        return UINT64_MAX;
    memory->pages = old + delta;
    return old;
}

void *spec_memmove(void *to, const void *from, size_t size)
{
    return memmove(to, from, size);
}

void *spec_memset(void *to, int byte, size_t size)
{
    return memset(to, byte, size);
}

/* The functions of the scripts' module `spectest` print; here they only have to be there. */
void spec_print(void)
{
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

static void check_results(const struct spec_command *command, const uint64_t *results)
{
    for (int i = 0; i < command->result_count; i++) {
        char wanted[64], got[64];
        uint64_t bits;
        memcpy(&bits, (const char *)results + command->results[i].offset, sizeof(bits));
        if (matches(&command->results[i], bits))
            continue;
        snprintf(wanted, sizeof(wanted), "0x%llx (%d)", (unsigned long long)command->results[i].bits,
                 command->results[i].match);
        snprintf(got, sizeof(got), "0x%llx", (unsigned long long)bits);
        fail(command->line, wanted, got);
    }
}

/* Scripts shorten some texts, as "uninitialized element" for "uninitialized element 7". */
static void check_trap(int line, const char *wanted)
{
    const char *got = trap_text(last_trap);
    if (strncmp(wanted, got, strlen(got)) != 0)
        fail(line, wanted, got);
}

static void run_command(const struct spec_command *command)
{
    static uint64_t results[2000];
    memset(results, 0, sizeof(results));
    if (sigsetjmp(back, 1) == 0) {
        command->call(command->args, results);
        if (command->kind == SPEC_TRAP)
            fail(command->line, command->text, "no trap");
        if (command->kind == SPEC_RETURN)
            check_results(command, results);
    } else if (command->kind == SPEC_TRAP) {
        check_trap(command->line, command->text);
    } else {
        fail(command->line, "no trap", trap_text(last_trap));
    }
}

static int instantiate(const struct spec_module *module)
{
    if (sigsetjmp(back, 1) == 0) {
        program->instantiate();
        if (module->trap)
            fail(module->line, module->trap, "no trap");
        return 1;
    }
    if (module->trap)
        check_trap(module->line, module->trap);
    else
        fail(module->line, "instantiation", trap_text(last_trap));
    return 0;
}

int main(void)
{
    program_stack_end = (uint64_t)__builtin_frame_address(0);
    catch_signals();
    for (int i = 0; i < spec_module_count; i++) {
        program = spec_modules[i].program;
        map_memories();
        if (instantiate(&spec_modules[i]))
            for (int j = 0; j < spec_modules[i].command_count; j++)
                run_command(&spec_modules[i].commands[j]);
        unmap_memories();
    }
    return failures ? 1 : 0;
}
