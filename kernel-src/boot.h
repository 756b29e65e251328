/* boot.h: what the boot loader told us, the same whichever protocol it spoke.
 *
 * boot_read fills `boot_info` once, before anything else runs; after that it never changes. */
#ifndef BOOT_H
#define BOOT_H

#include <stddef.h>
#include <stdint.h>

/* Physical memory [start, end) that is free RAM: page-aligned, ascending, no two overlap or touch. What firmware keeps,
 * the first MiB, the kernel's image and the boot module are not in it. */
struct boot_range {
    uint64_t start, end;
};

#define BOOT_RANGES_MAX 128

struct boot_info {
    const char *command_line; /* "" where there is none */
    const void *module;       /* the first boot module (QEMU's -initrd), or NULL; readable for ever */
    size_t module_size;
    const void *rsdp; /* a copy of ACPI's root pointer (36 bytes), or NULL: see arch/x86_64/acpi.h */
    unsigned range_count;
    struct boot_range ranges[BOOT_RANGES_MAX];
};

extern struct boot_info boot_info;

/* Reads PVH's start_info or the Multiboot2 information at physical address `info`, which lies below 4 GiB.
 * `loader` is what the loader left in EAX. Panics where it is neither. */
void boot_read(uint32_t loader, uint32_t info);

#endif
