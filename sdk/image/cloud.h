/* cloud.h: what each cloud imports, and how to bring it there. */
#ifndef IMAGE_CLOUD_H
#define IMAGE_CLOUD_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

struct cloud {
    const char *name;   /* "gcp", ... */
    const char *format; /* of the disk: image_format_find */
    const char
        *archive; /* the name that the disk has inside of a gzipped tar archive, which is what is uploaded; or NULL */
    const char *ending;       /* of the file */
    uint64_t unit;            /* the disk's size is a multiple of it, in bytes */
    const char *command;      /* the provider's own program, which the steps use */
    const char *const *steps; /* shell lines, NULL-terminated; @NAME@ and @FILE@ stand for the image's name and file */
};

/* The names of all, NULL-terminated, and one by its name, or NULL. */
extern const char *const cloud_names[];
const struct cloud *cloud_find(const char *name);

/* Writes the kernel `elf` to `path` in the cloud's shape, and reads it back: format, size, and the kernel in it. */
int cloud_write(const struct cloud *cloud, const char *elf, const char *path, struct err *err);

/* Prints the steps for the image `name` in `file`. */
void cloud_print_steps(const struct cloud *cloud, const char *name, const char *file, FILE *stream);

#endif
