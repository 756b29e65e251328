/* channels.h: how a kernel and the machine that was started for it (sdk/machine) reach each other under QEMU.
 *
 * All of it is optional: a kernel in a machine without these devices uses the serial port and powers the machine off
 * by ACPI. */
#ifndef MEWZ_CHANNELS_H
#define MEWZ_CHANNELS_H

/* The standard streams are ports of one virtio console device (virtio 1.2, section 5.3), found by name. One port a
 * stream, because QEMU discards what a guest writes to a port whose other side has closed, and the end of stdin
 * closes its port. A name that goes on with MEWZ_PORT_TERMINAL belongs to a terminal on the host's side. */
#define MEWZ_PORT_STDIN    "mewz.stdin"
#define MEWZ_PORT_STDOUT   "mewz.stdout"
#define MEWZ_PORT_STDERR   "mewz.stderr"
#define MEWZ_PORT_TERMINAL ".tty"

/* A port that the server of a shared folder (virtio-fs) holds open as long as it lives; the device's tag follows. */
#define MEWZ_PORT_SHARE "mewz.share."

/* A port that is there where the machine shares its address with others: claim.h. */
#define MEWZ_PORT_CLAIMS "mewz.claims"

/* The program's exit code is the one byte written to QEMU's isa-debugcon at this port, which reads as
 * MEWZ_EXIT_READBACK if it is there. A write to its isa-debug-exit at MEWZ_QUIT_IOPORT then ends QEMU at once. */
#define MEWZ_EXIT_IOPORT   0x502
#define MEWZ_EXIT_READBACK 0x5a
#define MEWZ_QUIT_IOPORT   0x501

/* The exit code of a kernel that panicked. Its message is on the serial port. */
#define MEWZ_EXIT_PANIC 70

#endif
