/* image.h: from a linked kernel to a file that a machine boots, in any of the formats that hypervisors take. */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/file.h"

#define IMAGE_LABEL_MAX 32 /* what a volume identifier of ISO 9660 holds */

struct image_options {
    uint64_t size;     /* of the disk in bytes, rounded up to whole MiB; 0 for the smallest that will do */
    const char *label; /* image_is_label; NULL for "mewz" */
};

/* A format for disks. The others (ELF, OCI) are no disks and not made here. */
struct image_format {
    const char *name;        /* "raw", "qcow2", ... */
    const char *endings[2];  /* of file names; NULL for none */
    const char *qemu_driver; /* what QEMU and qemu-img call it */
    const char *qemu_options;
    int (*write)(const char *elf, const struct image_options *options, const char *path, struct err *err);
    bool is_wrapped; /* a raw disk inside a format of its own, which qemu-img unwraps */
};

/* NULL where there is none of that name, no format has the ending of that file name, or the bytes are no disk image. */
const struct image_format *image_format_find(const char *name);
const struct image_format *image_format_of_ending(const char *file_name);
const struct image_format *image_format_of_bytes(const uint8_t *bytes, size_t size);

/* Whether a label consists of 1 to IMAGE_LABEL_MAX letters, digits, '-' and '_'. */
bool image_is_label(const char *text);

/* Writes an image of that format to `path`, a regular file, that boots the kernel `elf` by BIOS and by UEFI. The same
 * kernel and options give the same bytes. Needs no root and no loop device. Fails where `size` is too small. */
int image_write(const struct image_format *format, const char *elf, const struct image_options *options,
                const char *path, struct err *err);

/* The same for a raw disk, without another tool; `path` may be a pipe if no size is asked for. */
int image_write_raw(const char *elf, const struct image_options *options, const char *path, struct err *err);

/* A hybrid: boots as a CD, and as a disk where its bytes are written to one. */
int image_write_iso(const char *elf, const struct image_options *options, const char *path, struct err *err);

/* Makes `file`, which is read from `path` and is in a wrapped format, the raw disk in it. */
int image_unwrap(const struct image_format *format, const char *path, struct file *file, struct err *err);

/* Finds the kernel ELF inside a raw image or an ISO that image_write made: its offset and size in the file. -1 without
 * setting err where the file is no such image. */
int image_find_kernel(const unsigned char *bytes, unsigned long size, unsigned long *offset,
                      unsigned long *kernel_size);

#endif
