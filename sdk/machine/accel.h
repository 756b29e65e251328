/* accel.h: whether QEMU may use the processor's virtualization. */
#ifndef MACHINE_ACCEL_H
#define MACHINE_ACCEL_H

#include "base/err.h"
#include "machine/machine.h"

/* Turns AUTO into TCG or KVM: what the environment variable MEWZ_ACCEL ("tcg" or "kvm") says, else KVM if it works. */
int accel_choose(enum machine_accel wanted, enum machine_accel *accel, struct err *err);

#endif
