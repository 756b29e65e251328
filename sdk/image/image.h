/* image.h: from a linked kernel to a disk image that a machine boots. */
#ifndef IMAGE_IMAGE_H
#define IMAGE_IMAGE_H

#include "base/err.h"

/* Writes a raw disk image to `path` that boots the kernel `elf` by BIOS and by UEFI. The same kernel gives the same
 * bytes. Needs no root and no loop device. */
int image_write_raw(const char *elf, const char *path, struct err *err);

/* Finds the kernel ELF inside a raw image that image_write_raw made: its offset and size in the file. -1 without
 * setting err where the file is no such image. */
int image_find_kernel(const unsigned char *bytes, unsigned long size, unsigned long *offset,
                      unsigned long *kernel_size);

#endif
