/* profile.h: from the samples of a kernel (mewz/profile.h) to a flame graph with the names of its functions. */
#ifndef CC_PROFILE_H
#define CC_PROFILE_H

#include "base/buf.h"
#include "base/elf.h"
#include "machine/profile.h"

/* Draws what was fetched of the kernel's table. Fails where nothing was. */
int profile_draw(const struct profile *profile, const struct elf *kernel, const char *program, struct buf *svg,
                 struct err *err);

#endif
