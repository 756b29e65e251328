/* fd_write.c: writing, and the standard streams' part of it. */
#include "wasi/fd.h"
#include "wasi/guest.h"
#include "wasi/iovec.h"
#include "wasi/preview1.h"
#include "wasi/stream.h"

uint32_t stream_write(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done)
{
    return (uint32_t)host_stream_write(fd->stream, slices, count, done);
}

uint32_t wasi_fd_write(uint32_t number, uint32_t iovs, uint32_t count, uint32_t done)
{
    struct fd *fd;
    if (fd_find(number, WASI_RIGHT_FD_WRITE, &fd) != WASI_SUCCESS)
        return WASI_EBADF; /* without the right as well: POSIX and the common runtimes say so */
    if (!fd->kind->write)
        return WASI_ENOTSUP;
    if (!guest_bytes(done, sizeof(uint32_t)))
        return WASI_EFAULT; /* before anything is written */
    struct iovec_walk walk = {.address = iovs, .count = count, .room = UINT32_MAX};
    uint32_t total = 0;
    uint32_t error = iovec_write(&walk, fd, &total);
    if (!error)
        guest_write_u32(done, total);
    return error;
}
