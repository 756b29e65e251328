/* wrap.h: disk images in the formats of other hypervisors, by qemu-img from the raw one. */
#ifndef IMAGE_WRAP_H
#define IMAGE_WRAP_H

#include "image/image.h"

/* As image_write, for a wrapped format. */
int wrap_write(const struct image_format *format, const char *elf, const struct image_options *options,
               const char *path, struct err *err);

/* An identifier of a disk, derived from its content. */
struct wrap_identity {
    uint8_t bytes[16];
};

/* qemu-img writes times and random identifiers. These put `identity` in their places, and what depends on it right, in
 * a file of that format; `fd` is open for reading and writing, `path` is for messages. */
int wrap_settle_vmdk(int fd, const char *path, const struct wrap_identity *identity, struct err *err);
int wrap_settle_vhd(int fd, const char *path, const struct wrap_identity *identity, struct err *err);
int wrap_settle_vhdx(int fd, const char *path, const struct wrap_identity *identity, struct err *err);

#endif
