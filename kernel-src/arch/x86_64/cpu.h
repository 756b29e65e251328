/* cpu.h: instructions that C has no words for. */
#ifndef X86_64_CPU_H
#define X86_64_CPU_H

#include <stdbool.h>
#include <stdint.h>

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out16(uint16_t port, uint16_t value)
{
    __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint16_t in16(uint16_t port)
{
    uint16_t value;
    __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint32_t in32(uint16_t port)
{
    uint32_t value;
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
    return value;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* RDTSC is not ordered with the instructions before it; LFENCE is what Intel's and AMD's manuals put there. */
static inline uint64_t rdtsc_ordered(void)
{
    __asm__ volatile("lfence" : : : "memory");
    return rdtsc();
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
    return r;
}

/* The same, all zero where the processor (or, from 0x40000000, the hypervisor) has no such leaf. */
static inline struct cpuid cpuid_probe(uint32_t leaf)
{
    struct cpuid limit = cpuid(leaf & 0xf0000000u, 0);
    return leaf <= limit.eax ? cpuid(leaf, 0) : (struct cpuid){0};
}

#define CPU_FLAG_INTERRUPTS (1ull << 9)

static inline bool interrupts_enabled(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags) : : "memory");
    return flags & CPU_FLAG_INTERRUPTS;
}

static inline void interrupts_disable(void)
{
    __asm__ volatile("cli" : : : "memory");
}

static inline void interrupts_enable(void)
{
    __asm__ volatile("sti" : : : "memory");
}

/* For a section that may be entered with interrupts on or off: `bool on = interrupts_save(); ... _restore(on)`. */
static inline bool interrupts_save(void)
{
    bool enabled = interrupts_enabled();
    interrupts_disable();
    return enabled;
}

static inline void interrupts_restore(bool enabled)
{
    if (enabled)
        interrupts_enable();
}

static inline void cpu_pause(void)
{
    __asm__ volatile("pause" : : : "memory");
}

/* x86 keeps loads in order with loads and stores with stores (SDM 8.2.2), so between us and a device that looks at
 * our memory the compiler alone must be held back; only a store before a load needs the fence. */
static inline void barrier_compiler(void)
{
    __asm__ volatile("" : : : "memory");
}

static inline void barrier_full(void)
{
    __asm__ volatile("mfence" : : : "memory");
}

/* Stops for ever, interrupts off. */
static inline _Noreturn void cpu_halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt" : : : "memory");
}

/* Switches on what programs may use (SSE, AVX as far as the processor has them) and the protections that cost
 * nothing. What the kernel cannot do without entry.S has looked for. */
void cpu_init(void);

/* Whether page tables may have 1 GiB pages. */
bool cpu_has_gib_pages(void);

#endif
