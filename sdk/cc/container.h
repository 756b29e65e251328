/* container.h: a program as a container image: what the image says of it comes from the program itself. */
#ifndef CC_CONTAINER_H
#define CC_CONTAINER_H

#include "base/err.h"
#include "base/file.h"
#include "link/link.h"

/* Whether a text can be an image's name: "app", "app:1.0", "registry.example:5000/team/app:1.0". */
bool container_is_reference(const char *text);

/* Writes an image with a kernel in it, for linux/amd64. `reference` NULL: localhost/PROGRAM:latest. */
int container_write_kernel(const char *reference, const char *elf, const char *path, struct err *err);

/* The same with a module, for wasip1/wasm. `name` is the program's file name; `config` holds what would be baked in. */
int container_write_wasm(const char *reference, const char *name, const struct file *module,
                         const struct link_config *config, const char *path, struct err *err);

#endif
