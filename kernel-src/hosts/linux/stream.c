/* stream.c: the standard streams are the process's own. They may be non-blocking, if who started us shares them. */
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <asm/termbits.h>
#include <linux/uio.h>

#include "hosts/linux/syscall.h"
#include "wasi/host.h"
#include "wasi/types.h"

#define SLICES_MAX UIO_MAXIOV

_Static_assert(sizeof(struct host_slice) == sizeof(struct iovec), "slices are handed to the kernel as they are");

static int wasi_error(long result)
{
    switch (-result) {
    case EPIPE:
        return WASI_EPIPE;
    case ENOSPC:
        return WASI_ENOSPC;
    case EFBIG:
        return WASI_EFBIG;
    case EBADF:
        return WASI_EBADF; /* closed before we were started */
    case EISDIR:
        return WASI_EISDIR;
    default:
        return WASI_EIO;
    }
}

/* Repeats a readv or writev until it does something or fails, waiting for `events` where the stream would block. */
static long transfer(long number, int stream, const struct host_slice *slices, size_t count, short events)
{
    for (;;) {
        long result = syscall3(number, stream, (long)slices, (long)(count < SLICES_MAX ? count : SLICES_MAX));
        if (result == -EAGAIN) {
            struct pollfd poll = {.fd = stream, .events = events};
            syscall3(__NR_poll, (long)&poll, 1, -1);
        } else if (result != -EINTR) {
            return result;
        }
    }
}

/* The rest of a slice of which the kernel took a part. */
static long write_rest(int stream, struct host_slice rest, size_t *written)
{
    while (rest.size) {
        long result = transfer(__NR_writev, stream, &rest, 1, POLLOUT);
        if (result < 0)
            return result;
        *written += (size_t)result;
        rest.data = (char *)rest.data + result;
        rest.size -= (size_t)result;
    }
    return 0;
}

int host_stream_write(int stream, const struct host_slice *slices, size_t count, size_t *written)
{
    *written = 0;
    while (count) {
        long taken = transfer(__NR_writev, stream, slices, count, POLLOUT);
        if (taken < 0)
            return wasi_error(taken);
        *written += (size_t)taken;
        for (; count && (size_t)taken >= slices->size; slices++, count--)
            taken -= (long)slices->size;
        if (!taken)
            continue;
        struct host_slice rest = {.data = (char *)slices->data + taken, .size = slices->size - (size_t)taken};
        long result = write_rest(stream, rest, written);
        if (result < 0)
            return wasi_error(result);
        slices++;
        count--;
    }
    return WASI_SUCCESS;
}

int host_stream_read(int stream, const struct host_slice *slices, size_t count, size_t *read)
{
    long result = transfer(__NR_readv, stream, slices, count, POLLIN);
    *read = result < 0 ? 0 : (size_t)result;
    return result < 0 ? wasi_error(result) : WASI_SUCCESS;
}

bool host_stream_is_terminal(int stream)
{
    struct termios attributes;
    return syscall3(__NR_ioctl, stream, TCGETS, (long)&attributes) == 0;
}
