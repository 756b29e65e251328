/* exit.h: the end of the machine. */
#ifndef DEV_EXIT_H
#define DEV_EXIT_H

/* Tells the host the exit code, 0 to 255, if it listens (mewz/channels.h), and ends the machine: by QEMU's debug exit,
 * by ACPI, by a reset; at the worst it halts. Flushes nothing. Works in any state of the kernel. */
_Noreturn void machine_exit(int code);

#endif
