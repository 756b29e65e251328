/* stream.h: the standard streams as a kind of descriptor.
 *
 * Each direction is defined beside the function of preview 1 that leads to it, in fd_read.c and fd_write.c, and is
 * weak here: a weak reference pulls no member out of an archive, so that a program that only writes is linked without
 * everything that reading needs. */
#ifndef WASI_STREAM_H
#define WASI_STREAM_H

#include "wasi/fd.h"

extern const struct fd_kind stream_kind;

__attribute__((weak)) uint32_t stream_read(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done);
__attribute__((weak)) uint32_t stream_write(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done);

#endif
