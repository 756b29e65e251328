/* arguments.h: QEMU's command line for a machine. */
#ifndef MACHINE_ARGUMENTS_H
#define MACHINE_ARGUMENTS_H

#include "base/arena.h"
#include "machine/machine.h"

#define MACHINE_QEMU         "qemu-system-x86_64"
#define MACHINE_QEMU_PACKAGE "qemu-system-x86"

/* OVMF as one file, code and an empty variable store: every run gets the same fresh variables. */
#define MACHINE_UEFI_FIRMWARE "/usr/share/ovmf/OVMF.fd"

/* The descriptors that QEMU finds open when it starts. Their numbers are fixed, so that the command line says the same
 * at every run. QEMU's own stdout says nothing. */
enum machine_descriptor {
    MACHINE_FD_STDIN = 0,  /* the program's stdin, for QEMU's "stdio" channel */
    MACHINE_FD_NULL = 1,   /* /dev/null: what that channel would write */
    MACHINE_FD_ERRORS = 2, /* QEMU's own words */
    MACHINE_FD_STDOUT,
    MACHINE_FD_STDERR,
    MACHINE_FD_SERIAL,
    MACHINE_FD_EXIT,                                           /* receives the exit code, one byte */
    MACHINE_FD_MONITOR,                                        /* QMP, both ways */
    MACHINE_FD_CONFIG,                                         /* the boot configuration to read, if there is one */
    MACHINE_FD_TAP,                                            /* the network, if it was given open */
    MACHINE_FD_CLAIMS,                                         /* answers to claims of ports, likewise */
    MACHINE_FD_PROFILE,                                        /* gets the table of samples, likewise */
    MACHINE_FD_SHARES,                                         /* the servers of shared folders, one each */
    MACHINE_FD_ALIVE = MACHINE_FD_SHARES + MACHINE_SHARES_MAX, /* what these hold open as long as they live */
    MACHINE_FD_COUNT = MACHINE_FD_ALIVE + MACHINE_SHARES_MAX
};

/* What the command line depends on beside the options. */
struct machine_setting {
    enum machine_accel accel; /* TCG or KVM, no longer AUTO */
    bool terminal[3];         /* whether stdin, stdout, stderr are terminals here */
    bool config;              /* whether MACHINE_FD_CONFIG is open */
    bool reads_kernel;        /* whether the kernel reads files from its own ELF (mewz/tree.h) */
};

/* The arguments, NULL-terminated, QEMU's name first. */
const char *const *machine_arguments(const struct machine_options *options, const struct machine_setting *setting,
                                     struct arena *arena);

#endif
