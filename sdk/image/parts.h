/* parts.h: what goes onto every disk: the boot stubs of lib/boot, the kernel, and the partition table. */
#ifndef IMAGE_PARTS_H
#define IMAGE_PARTS_H

#include "base/file.h"
#include "image/gpt.h"
#include "image/image.h"
#include <mewz/boot_plan.h>

#define PARTS_SIZE_UNIT   (1u << 20) /* hypervisors and clouds want disks of whole MiB */
#define PARTS_KERNEL_UNIT 4096u      /* the kernel's partition is a multiple of it */

struct parts {
    struct file mbr, cd, bios, esp; /* the stubs */
    struct file kernel;
    const struct image_options *options;
};

/* Where on the disk they are, in bytes. */
struct parts_layout {
    uint64_t esp_offset;
    uint64_t kernel_offset;
    uint64_t size; /* of the disk */
};

/* Reads them; parts_close is due even after a failure. */
int parts_open(struct parts *parts, const char *elf, const struct image_options *options, struct err *err);
void parts_close(struct parts *parts);

/* The smallest multiple of `unit` that is not below the value. */
uint64_t parts_round_up(uint64_t value, uint64_t unit);

/* Sets the layout's size for a disk whose content ends at byte `end`: the size that was asked for, or the smallest.
 * Fails where the one that was asked for is too small. */
int parts_choose_size(const struct parts *parts, uint64_t end, struct parts_layout *layout, struct err *err);

/* The partition table, with the MBR stub in it. Its GUIDs derive from kernel, label and size. */
void parts_build_tables(const struct parts *parts, const struct parts_layout *layout, struct gpt *gpt);

#endif
