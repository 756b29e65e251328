/* mounts.h: the container's root file system, which containerd leaves to the shim to mount. */
#ifndef SHIM_MOUNTS_H
#define SHIM_MOUNTS_H

#include "base/buf.h"
#include "base/err.h"
#include "mount.pb-c.h"

/* Mounts them all on `target`, one over the other; none stays if one fails. */
int mounts_make(Containerd__Types__Mount *const *mounts, size_t count, const char *target, struct err *err);

/* Takes away whatever is mounted on `target`, also if that is nothing. */
void mounts_remove(const char *target);

/* Adds one of fstab's words to the flags of mount(2), or, with a comma before it, to what the file system gets. */
void mounts_add_option(const char *name, unsigned long *flags, struct buf *data);

#endif
