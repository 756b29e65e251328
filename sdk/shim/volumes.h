/* volumes.h: the container's files, as its specification wants the program to see them. */
#ifndef SHIM_VOLUMES_H
#define SHIM_VOLUMES_H

#include "base/err.h"
#include "shim/spec.h"

/* What a machine's program finds them by: the tag of the virtio-fs device, and the value of `--mount`. */
#define VOLUMES_TAG   "rootfs"
#define VOLUMES_MOUNT VOLUMES_TAG ":/"

/* Where they are mounted: the way to a bundle is root's alone, and who serves the files may be somebody else. */
#define VOLUMES_PLACE "/run/mewz"

/* Mounts the folder `rootfs` at VOLUMES_PLACE, and the bind mounts and tmpfs of the specification (config.md, "Mounts")
 * over it, in order, and makes it read-only where that is asked for. Places that are missing are made, and `/tmp`;
 * links lead nowhere outside. Other file systems (proc, sysfs, ...) belong to Linux, and are left out. Call it in a
 * mount namespace of the container's own: what is mounted when it fails ends with that. */
int volumes_mount(const struct spec *spec, const char *rootfs, const char **memory_settings, struct arena *arena,
                  struct err *err);

#endif
