/* fd_read.c: reading, and the standard streams' part of it. */
#include "wasi/fd.h"
#include "wasi/guest.h"
#include "wasi/iovec.h"
#include "wasi/preview1.h"
#include "wasi/stream.h"

static bool would_block(void)
{
    struct host_watch watch = {.wanted = HOST_READABLE};
    host_wait(0, &watch);
    return !watch.ready;
}

uint32_t stream_read(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done)
{
    if ((fd->flags & WASI_FDFLAG_NONBLOCK) && would_block())
        return WASI_EAGAIN;
    return (uint32_t)host_stream_read(fd->stream, slices, count, done);
}

/* One batch of buffers and no more: a second read could block although bytes have been read already, and fewer bytes
 * than were asked for are no error. What was read before an error counts: the position is behind it, and the program
 * learns of the error with its next call, as in POSIX. */
uint32_t wasi_fd_read(uint32_t number, uint32_t iovs, uint32_t count, uint32_t done)
{
    struct fd *fd;
    if (fd_find(number, WASI_RIGHT_FD_READ, &fd) != WASI_SUCCESS)
        return WASI_EBADF; /* without the right as well: POSIX and the common runtimes say so */
    if (!fd->kind->read)
        return WASI_ENOTSUP;
    if (!guest_bytes(done, sizeof(uint32_t)))
        return WASI_EFAULT; /* before anything is read and lost */
    struct iovec_walk walk = {.address = iovs, .count = count, .room = UINT32_MAX};
    struct host_slice slices[IOVEC_BATCH];
    size_t used, read = 0;
    uint32_t error = iovec_take(&walk, slices, &used);
    if (!error && used)
        error = fd->kind->read(fd, slices, used, &read);
    if (error && read == 0)
        return error;
    guest_write_u32(done, (uint32_t)read);
    return WASI_SUCCESS;
}
