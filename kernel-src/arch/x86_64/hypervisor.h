/* hypervisor.h: what the hypervisor says of itself by CPUID, in the leaves from 0x40000000 on. */
#ifndef X86_64_HYPERVISOR_H
#define X86_64_HYPERVISOR_H

#include <stdbool.h>
#include <stdint.h>

/* The frequencies in Hz as far as they are told; 0 where they must be measured. */
uint64_t hypervisor_tsc_hz(void);
uint64_t hypervisor_lapic_hz(void);

/* kvm-clock: shared memory that KVM keeps up to date (Linux, Documentation/virt/kvm/x86/msr.rst). False where there
 * is none. The others may be called after it returned true. */
bool kvmclock_init(void);
uint64_t kvmclock_now(void);        /* nanoseconds since the machine started */
uint64_t kvmclock_wall_start(void); /* nanoseconds since 1970 when the machine started */

#endif
