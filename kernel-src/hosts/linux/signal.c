/* signal.c: faults of the program, as the kernel reports them, become wasm traps. */
#include <asm/sigcontext.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/ucontext.h>

#include "hosts/linux/start.h"
#include "hosts/linux/syscall.h"
#include "rt/trap.h"

#define SA_RESTORER 0x04000000 /* the kernel's header keeps it to itself */

static uint64_t guard_start, guard_end;

/* The stack of the handler: that of the program may have ended. */
static char handler_stack[64 << 10] __attribute__((aligned(16)));

static enum mewz_trap fault_kind(const siginfo_t *info, uint64_t rip)
{
    uint64_t address = (uint64_t)info->si_addr;
    if (info->si_signo == SIGILL)
        return trap_kind_at(rip);
    if (address >= guard_start && address < guard_end)
        return MEWZ_TRAP_STACK;
    return trap_memory_at(address) ? MEWZ_TRAP_MEMORY : 0;
}

static void set_handler(int signal, void *handler)
{
    struct sigaction action = {
        .sa_handler = (__sighandler_t)handler,
        .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTORER,
        .sa_restorer = signal_return,
    };
    syscall4(__NR_rt_sigaction, signal, (long)&action, 0, sizeof action.sa_mask);
}

/* What is no trap ends the process as it would have without a handler: after the return the instruction faults again,
 * or, if another process sent the signal, it arrives again. */
static void die(const siginfo_t *info)
{
    set_handler(info->si_signo, SIG_DFL);
    if (info->si_code <= 0)
        syscall2(__NR_kill, syscall2(__NR_getpid, 0, 0), info->si_signo);
}

static void handle_fault(int signal, const siginfo_t *info, const struct ucontext *context)
{
    (void)signal;
    const struct sigcontext *cpu = &context->uc_mcontext;
    enum mewz_trap kind = info->si_code > 0 ? fault_kind(info, cpu->rip) : 0;
    if (!kind) {
        die(info);
        return;
    }
    struct trap_registers registers = {
        .rip = cpu->rip,
        .rsp = cpu->rsp,
        .rbp = cpu->rbp,
        .rbx = cpu->rbx,
        .r12 = cpu->r12,
        .r13 = cpu->r13,
        .r14 = cpu->r14,
        .r15 = cpu->r15,
        .r11 = cpu->r11,
    };
    trap_report(kind, &registers, (uint64_t)info->si_addr);
}

void signal_init(const void *guard, size_t guard_size)
{
    guard_start = (uint64_t)guard;
    guard_end = guard_start + guard_size;
    stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
    syscall2(__NR_sigaltstack, (long)&stack, 0);
    set_handler(SIGSEGV, handle_fault);
    set_handler(SIGBUS, handle_fault);
    set_handler(SIGILL, handle_fault);
    set_handler(SIGPIPE, SIG_IGN); /* the program gets WASI_EPIPE instead */
}
