/* hypervisor.c: frequencies and the clock that hypervisors offer (hypervisor.h). */
#include "arch/x86_64/hypervisor.h"

#include "arch/x86_64/cpu.h"
#include "mm/page.h"

#define LEAF_BASE      0x40000000u
#define LEAF_FREQUENCY 0x40000010u /* VMware's, which others took over: EAX kHz of the TSC, EBX of the local APIC */

/* Hyper-V TLFS 6.0b, sections 2.4.3 and 12.4: the right to read the frequency MSRs, and these. */
#define HYPERV_LEAF_FEATURES      0x40000003u
#define HYPERV_EAX_FREQUENCIES    (1u << 11)
#define HYPERV_EDX_FREQUENCIES    (1u << 8)
#define HYPERV_MSR_TSC_FREQUENCY  0x40000022u
#define HYPERV_MSR_APIC_FREQUENCY 0x40000023u

/* QEMU's local APIC counts nanoseconds, emulated as well as under KVM. */
#define NANOSECOND_HZ 1000000000ull

/* The first four letters of the name in leaf 0x40000000: "KVMK", "TCGT", "Micr". */
enum { NAME_KVM = 0x4b4d564b, NAME_TCG = 0x54474354, NAME_HYPERV = 0x7263694d };

static bool is_named(uint32_t name)
{
    const uint32_t hypervisor_present = 1u << 31;
    return cpuid(1, 0).ecx & hypervisor_present && cpuid(LEAF_BASE, 0).ebx == name;
}

/* Zero where there is none. */
static struct cpuid frequency_leaf(void)
{
    bool present = cpuid(1, 0).ecx & 1u << 31;
    return present ? cpuid_probe(LEAF_FREQUENCY) : (struct cpuid){0};
}

static uint64_t hyperv_frequency(uint32_t msr)
{
    if (!is_named(NAME_HYPERV))
        return 0;
    struct cpuid features = cpuid_probe(HYPERV_LEAF_FEATURES);
    bool allowed = features.eax & HYPERV_EAX_FREQUENCIES && features.edx & HYPERV_EDX_FREQUENCIES;
    return allowed ? rdmsr(msr) : 0;
}

uint64_t hypervisor_tsc_hz(void)
{
    uint64_t hz = hyperv_frequency(HYPERV_MSR_TSC_FREQUENCY);
    return hz != 0 ? hz : frequency_leaf().eax * 1000ull;
}

uint64_t hypervisor_lapic_hz(void)
{
    if (is_named(NAME_KVM) || is_named(NAME_TCG))
        return NANOSECOND_HZ;
    uint64_t hz = hyperv_frequency(HYPERV_MSR_APIC_FREQUENCY);
    return hz != 0 ? hz : frequency_leaf().ebx * 1000ull;
}

/* --- kvm-clock --- */

#define KVM_LEAF_FEATURES      0x40000001u
#define KVM_EAX_CLOCK          (1u << 3) /* the MSRs below, rather than their first numbers */
#define KVM_MSR_WALL_CLOCK     0x4b564d00u
#define KVM_MSR_SYSTEM_TIME    0x4b564d01u
#define KVM_SYSTEM_TIME_ENABLE 1u
#define NANOSECONDS_PER_SECOND 1000000000ull

/* pvclock_vcpu_time_info; `version` is odd while the hypervisor writes. */
struct system_time {
    uint32_t version;
    uint32_t pad;
    uint64_t tsc;
    uint64_t nanoseconds;
    uint32_t multiplier; /* 32 fraction bits */
    int8_t shift;
    uint8_t flags;
    uint8_t pad_2[2];
};

struct wall_clock {
    uint32_t version;
    uint32_t seconds;
    uint32_t nanoseconds;
};

_Static_assert(sizeof(struct system_time) == 32 && sizeof(struct wall_clock) == 12, "KVM's interface");

static volatile _Alignas(64) struct system_time system_time;
static volatile _Alignas(64) struct wall_clock wall_clock;

bool kvmclock_init(void)
{
    if (!is_named(NAME_KVM) || !(cpuid(KVM_LEAF_FEATURES, 0).eax & KVM_EAX_CLOCK))
        return false;
    wrmsr(KVM_MSR_SYSTEM_TIME, page_phys((const void *)&system_time) | KVM_SYSTEM_TIME_ENABLE);
    return system_time.multiplier != 0;
}

uint64_t kvmclock_now(void)
{
    static uint64_t latest; /* where the host's TSC is unstable, an update may set the clock back a little */
    uint32_t version;
    uint64_t delta, nanoseconds;
    do {
        version = system_time.version;
        barrier_compiler();
        delta = rdtsc_ordered() - system_time.tsc;
        int shift = system_time.shift;
        delta = shift >= 0 ? delta << shift : delta >> -shift;
        nanoseconds = system_time.nanoseconds + (uint64_t)((unsigned __int128)delta * system_time.multiplier >> 32);
        barrier_compiler();
    } while (version & 1 || version != system_time.version);
    latest = nanoseconds > latest ? nanoseconds : latest;
    return latest;
}

uint64_t kvmclock_wall_start(void)
{
    wrmsr(KVM_MSR_WALL_CLOCK, page_phys((const void *)&wall_clock));
    uint32_t version;
    uint64_t nanoseconds;
    do {
        version = wall_clock.version;
        barrier_compiler();
        nanoseconds = wall_clock.seconds * NANOSECONDS_PER_SECOND + wall_clock.nanoseconds;
        barrier_compiler();
    } while (version & 1 || version != wall_clock.version);
    return nanoseconds;
}
