/* oci.h: a container image with one program in it, for container engines that hand it to a runtime which starts
 * machines. An OCI image layout (Open Container Initiative image specification 1.0) as a tar archive, which containerd,
 * podman and skopeo import. */
#ifndef IMAGE_OCI_H
#define IMAGE_OCI_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct image_oci {
    const char *reference;    /* the image's name and tag: "localhost/app:latest" */
    const char *architecture; /* of the platform: "amd64", "wasm" */
    const char *os;           /* "linux", "wasip1" */
    const char *file_name;    /* of the program, in the image's root folder; the entry point */
    const uint8_t *bytes;     /* of the program */
    size_t size;
    const char *const *arguments; /* the command, behind the entry point; NULL for none, as the next two */
    const char *const *env;
    const char *const *ports; /* "80/tcp" */
};

/* Writes the archive to `path`. The same image gives the same bytes. */
int image_write_oci(const struct image_oci *image, const char *path, struct err *err);

#endif
