/* lapic.c: the local APIC, by memory-mapped registers or, as x2APIC, by MSRs (SDM volume 3A, chapter 10). */
#include "arch/x86_64/lapic.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/vectors.h"
#include "mm/map.h"

#define LEAF_1_ECX_X2APIC (1u << 21)

#define MSR_APIC_BASE     0x1b
#define APIC_BASE_ENABLE  (1ull << 11)
#define APIC_BASE_X2APIC  (1ull << 10)
#define APIC_BASE_ADDRESS 0x000ffffffffff000ull

#define MSR_TSC_DEADLINE 0x6e0
#define MSR_X2APIC       0x800

/* Register numbers: 16 bytes each in memory, one MSR each (table 10-6). */
enum {
    LAPIC_ID = 0x02,
    LAPIC_TASK_PRIORITY = 0x08,
    LAPIC_END_INTERRUPT = 0x0b,
    LAPIC_SPURIOUS = 0x0f,
    LAPIC_LVT_TIMER = 0x32,
    LAPIC_LVT_LINT0 = 0x35,
    LAPIC_LVT_LINT1 = 0x36,
    LAPIC_LVT_ERROR = 0x37,
    LAPIC_TIMER_INITIAL = 0x38,
    LAPIC_TIMER_CURRENT = 0x39,
    LAPIC_TIMER_DIVIDE = 0x3e,
};

#define SPURIOUS_ENABLE (1u << 8)
#define LVT_MASKED      (1u << 16)
#define LVT_NMI         (4u << 8)
#define LVT_DEADLINE    (2u << 17)
#define DIVIDE_BY_1     0xbu
#define DIVIDE_BY_16    0x3u

static bool ready, x2apic;
static volatile uint32_t *registers;

static void lapic_write(unsigned number, uint32_t value)
{
    if (x2apic)
        wrmsr(MSR_X2APIC + number, value);
    else
        registers[number * 4] = value;
}

static uint32_t lapic_read(unsigned number)
{
    return x2apic ? (uint32_t)rdmsr(MSR_X2APIC + number) : registers[number * 4];
}

void lapic_init(void)
{
    if (ready)
        return;
    ready = true;
    uint64_t base = rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE;
    x2apic = cpuid(1, 0).ecx & LEAF_1_ECX_X2APIC;
    wrmsr(MSR_APIC_BASE, base); /* from off to x2APIC there is no direct way (section 10.12.5) */
    if (x2apic)
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
    else
        registers = map_device(base & APIC_BASE_ADDRESS, 4096);
    lapic_write(LAPIC_LVT_TIMER, LVT_MASKED);
    lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
    lapic_write(LAPIC_LVT_LINT1, LVT_NMI); /* the machine's NMI button: a panic says where we are */
    lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
    lapic_write(LAPIC_TASK_PRIORITY, 0);
    lapic_write(LAPIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
    lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1);
}

void lapic_end_interrupt(void)
{
    lapic_write(LAPIC_END_INTERRUPT, 0);
}

uint32_t lapic_id(void)
{
    return x2apic ? lapic_read(LAPIC_ID) : lapic_read(LAPIC_ID) >> 24;
}

void lapic_timer_start(uint32_t count, bool interrupt)
{
    lapic_write(LAPIC_LVT_TIMER, interrupt ? VECTOR_TIMER : VECTOR_TIMER | LVT_MASKED);
    lapic_write(LAPIC_TIMER_INITIAL, count);
}

void lapic_timer_divide(void)
{
    lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_16);
}

uint32_t lapic_timer_count(void)
{
    return lapic_read(LAPIC_TIMER_CURRENT);
}

void lapic_deadline_start(uint64_t tsc)
{
    lapic_write(LAPIC_LVT_TIMER, LVT_DEADLINE | VECTOR_TIMER);
    /* Without x2APIC the register is memory: the fence keeps the MSR behind it (section 10.5.4.1). */
    barrier_full();
    wrmsr(MSR_TSC_DEADLINE, tsc);
}
