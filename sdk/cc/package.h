/* package.h: the formats that `mewz-cc build` and `convert` write, and the last stage, from a linked kernel to one. */
#ifndef CC_PACKAGE_H
#define CC_PACKAGE_H

#include "base/err.h"
#include "image/cloud.h"
#include "image/image.h"

/* The names of all formats, for the command line; NULL-terminated. "elf" is the kernel as it is, "oci" a container
 * image with it. */
extern const char *const package_formats[];

struct package {
    const char *format; /* one of package_formats */
    struct image_options image;
    const char *reference;     /* of a container image: its name; NULL for the program's */
    const struct cloud *cloud; /* of cloud-image */
    const char *name;          /* of the result, in its bill of materials */
    const char *sbom;          /* where that goes, or NULL */
    bool wasm;                 /* the container image has the module instead of a kernel */
};

/* The format that a file name's ending says, or NULL. */
const char *package_format_of_ending(const char *file_name);

/* Writes what the package asks for beside it: its bill of materials. */
int package_describe(const struct package *package, const char *elf, struct err *err);

/* Writes the kernel `elf` as a file of that format to `path`, and what package_describe does. */
int package_kernel(const struct package *package, const char *elf, const char *path, struct err *err);

#endif
