/* time.c: the clock and the timer (time.h).
 *
 * Under KVM the clock is kvm-clock. Elsewhere it is the TSC: every x86-64 processor has one, and with a single
 * processor nobody can see it differ. Its frequency comes from CPUID, from the hypervisor, or by measuring it against
 * a reference for half a millisecond. */
#include "arch/x86_64/time.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/hypervisor.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/reference.h"
#include "arch/x86_64/rtc.h"
#include "arch/x86_64/traps.h"
#include "mm/stack.h"
#include "panic.h"

#define SECOND 1000000000ull

#define LEAF_1_ECX_TSC_DEADLINE (1u << 24)

/* --- frequencies --- */

/* The counter's value and the TSC at the same time: of a few tries the one that took shortest, in its middle. */
static uint32_t read_both(const struct reference *reference, uint64_t *tsc)
{
    uint64_t shortest = UINT64_MAX;
    uint32_t best = 0;
    for (int i = 0; i < 4; i++) {
        uint64_t before = rdtsc_ordered();
        uint32_t count = reference->read();
        uint64_t duration = rdtsc_ordered() - before;
        if (duration < shortest) {
            shortest = duration;
            best = count;
            *tsc = before + duration / 2;
        }
    }
    return best;
}

/* The frequency of the TSC, from how far it comes while the reference counts 1/2000 s. */
static uint64_t tsc_measure(void)
{
    const struct reference *reference = reference_find();
    if (reference == NULL)
        panic("time", "this machine has no clock of known frequency");
    uint64_t start, end;
    uint32_t first = read_both(reference, &start);
    uint32_t ticks;
    do
        ticks = (reference->read() - first) & reference->mask;
    while (ticks < reference->hz / 2000);
    ticks = (read_both(reference, &end) - first) & reference->mask;
    return (end - start) * reference->hz / ticks; /* 64 bits are enough for delays of up to 3 s */
}

/* CPUID leaf 0x15: the ratio of TSC to crystal, and the crystal (SDM volume 3B, section 18.7.3). */
static uint64_t tsc_hz_by_cpuid(void)
{
    struct cpuid ratio = cpuid_probe(0x15);
    return ratio.eax != 0 ? (uint64_t)ratio.ecx * ratio.ebx / ratio.eax : 0;
}

/* --- the clock --- */

static struct {
    bool ready, is_kvm;
    uint64_t hz;         /* of the TSC; 0 under kvm-clock */
    uint64_t tsc;        /* where time_now was 0 */
    uint64_t multiplier; /* nanoseconds a cycle, 32 fraction bits */
    bool has_wall;
    uint64_t wall; /* nanoseconds since 1970 where time_now was 0 */
} clock;

static void clock_init(void)
{
    clock.ready = true;
    clock.is_kvm = kvmclock_init();
    if (clock.is_kvm)
        return;
    clock.hz = tsc_hz_by_cpuid();
    if (clock.hz == 0)
        clock.hz = hypervisor_tsc_hz();
    if (clock.hz == 0)
        clock.hz = tsc_measure();
    clock.multiplier = (SECOND << 32) / clock.hz;
    clock.tsc = rdtsc_ordered();
}

uint64_t time_now(void)
{
    if (!clock.ready)
        clock_init();
    if (clock.is_kvm)
        return kvmclock_now();
    uint64_t cycles = rdtsc_ordered() - clock.tsc;
    return (uint64_t)((unsigned __int128)cycles * clock.multiplier >> 32);
}

uint64_t time_resolution(void)
{
    time_now();
    return clock.is_kvm || clock.hz >= SECOND ? 1 : (SECOND + clock.hz - 1) / clock.hz;
}

uint64_t time_wall(void)
{
    if (!clock.has_wall) {
        uint64_t now = time_now();
        clock.wall = clock.is_kvm ? kvmclock_wall_start() : rtc_read() * SECOND - now;
        clock.has_wall = true;
    }
    return clock.wall + time_now();
}

/* --- the timer --- */

/* No sleep is longer than this; whoever waits longer looks at the clock and sleeps again. It bounds what a wrong
 * frequency could do. */
#define SLEEP_MAX (60 * SECOND)

static uint64_t lapic_hz(void)
{
    static uint64_t hz;
    if (hz != 0)
        return hz;
    hz = hypervisor_lapic_hz() / LAPIC_TIMER_DIVISOR;
    if (hz == 0) {
        lapic_timer_start(UINT32_MAX, false);
        uint64_t start = time_now();
        while (time_now() - start < SECOND / 2000)
            cpu_pause();
        hz = (UINT32_MAX - lapic_timer_count()) * SECOND / (time_now() - start);
    }
    return hz;
}

static bool has_deadline_mode(void)
{
    static bool looked, found;
    if (!looked)
        found = clock.hz != 0 && cpuid(1, 0).ecx & LEAF_1_ECX_TSC_DEADLINE;
    looked = true;
    return found;
}

static void timer_start(uint64_t nanoseconds)
{
    if (has_deadline_mode()) {
        lapic_deadline_start(rdtsc() + nanoseconds * (clock.hz / 1000) / (SECOND / 1000)); /* SLEEP_MAX must fit, too */
        return;
    }
    uint64_t count = nanoseconds * lapic_hz() / SECOND + 1;
    lapic_timer_start(count > UINT32_MAX ? UINT32_MAX : (uint32_t)count, true);
}

/* --- ticks, while the processor does not idle --- */

static uint64_t tick = TIME_NEVER; /* ns; TIME_NEVER for none */

static void arm_tick(void)
{
    if (tick != TIME_NEVER)
        time_arm(time_now() + tick);
}

static void tick_at_least_every(uint64_t interval)
{
    tick = interval < tick ? interval : tick;
    arm_tick();
}

/* --- work beside the program --- */

#define BACKGROUND_TICK       10000000ull /* ns: how long the work waits at most for a program that computes */
#define BACKGROUND_STACK_SIZE (32ull << 10)

static const struct time_background *background;
static char *background_stack; /* its top */

/* Called when an interrupt came while code of the program was running, on the interrupts' stack, which is small. */
static void run_background(void)
{
    __asm__ volatile("mov %%rsp, %%rbx\n\t"
                     "mov %0, %%rsp\n\t"
                     "call *%1\n\t"
                     "mov %%rbx, %%rsp"
                     :
                     : "r"(background_stack), "r"(background->run)
                     : "rbx", "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc", "memory");
}

void time_set_background(const struct time_background *work)
{
    background_stack = stack_new(BACKGROUND_STACK_SIZE);
    background = work;
    traps_on_interrupted_program(run_background);
    tick_at_least_every(BACKGROUND_TICK);
}

/* --- samples of what the processor does --- */

static void (*sampler)(void);

void time_set_sampler(void (*sample)(void), uint64_t interval)
{
    sampler = sample;
    tick_at_least_every(interval);
}

/* --- setting the timer --- */

/* When the timer will interrupt; TIME_NEVER if it is not set. */
static volatile uint64_t armed = TIME_NEVER;
static bool idling;

static void handle_timer(void *argument)
{
    (void)argument;
    armed = TIME_NEVER;
    if (idling)
        return;
    if (sampler)
        sampler();
    arm_tick();
}

static void timer_init(void)
{
    static bool ready;
    if (ready)
        return;
    ready = true;
    time_now(); /* its frequency may be measured by the undivided timer */
    lapic_init();
    lapic_timer_divide();
    irq_connect_timer(handle_timer);
}

/* A timer that is set already and comes earlier is left as it is. */
void time_arm(uint64_t deadline)
{
    timer_init();
    bool enabled = interrupts_save();
    if (deadline < armed) {
        uint64_t now = time_now();
        uint64_t duration = deadline > now ? deadline - now : 1;
        duration = duration < SLEEP_MAX ? duration : SLEEP_MAX;
        armed = now + duration;
        timer_start(duration);
    }
    interrupts_restore(enabled);
}

/* --- idling --- */

#define WAKE_INTERVAL 1000000ull /* ns */

static bool wakes_often;
static uint64_t idled; /* ns, in all */

uint64_t time_busy(void)
{
    return time_now() - idled;
}

void time_wake_often(void)
{
    wakes_often = true;
}

/* The timer is not stopped afterwards: that costs as much as the interrupt that is to be saved, and mostly the next
 * wait sets it anew before it comes. */
static void halt(uint64_t deadline)
{
    timer_init();
    if (wakes_often) {
        uint64_t soon = time_now() + WAKE_INTERVAL;
        deadline = soon < deadline ? soon : deadline;
    }
    if (deadline != TIME_NEVER)
        time_arm(deadline);
    uint64_t begin = time_now();
    idling = true;
    traps_on_interrupted_program(NULL); /* it is not running: nobody needs to look */
    /* STI lets no interrupt in before the next instruction has begun (SDM volume 2B), so none is lost before HLT. */
    __asm__ volatile("sti; hlt; cli" : : : "memory");
    traps_on_interrupted_program(background ? run_background : NULL);
    idling = false;
    idled += time_now() - begin;
}

/* A tick that was meant for a program that computes does not end the idling, or there would be the next one after it.
 */
static void idle_beside_background(uint64_t deadline, unsigned interrupts)
{
    uint64_t next = background->begin_idle();
    deadline = next < deadline ? next : deadline;
    bool woken = false;
    while (!woken && irq_count() == interrupts && time_now() < deadline) {
        halt(deadline);
        woken = wakes_often;
    }
    background->end_idle();
}

void time_wait(uint64_t deadline)
{
    if (deadline != TIME_NEVER && time_now() >= deadline)
        return;
    /* Counted from here on: the caller has looked for what it waits for, and the first idling sets the card up. */
    unsigned interrupts = irq_count();
    if (background && background->run())
        return;
    if (background) {
        idle_beside_background(deadline, interrupts);
        background->run(); /* what it waited for has come, mostly */
    } else {
        halt(deadline);
    }
    if (sampler || armed == TIME_NEVER)
        arm_tick();
}
