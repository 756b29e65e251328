/* sock.c: sending and receiving on sockets, of which only those know that make them (socket.h). */
#include "wasi/fd.h"
#include "wasi/guest.h"
#include "wasi/iovec.h"
#include "wasi/wasmedge.h"

/* A stream may leave buffers for the next call, a message must not be cut. */
static uint32_t take_buffers(const struct fd *fd, uint32_t iovs, uint32_t count, struct host_slice slices[IOVEC_BATCH],
                             size_t *used)
{
    struct iovec_walk walk = {.address = iovs, .count = count, .room = UINT32_MAX};
    if (fd->socket.protocol == HOST_TCP)
        return iovec_take(&walk, slices, used);
    return iovec_take_message(iovs, count, slices, used);
}

uint32_t wasi_sock_recv(uint32_t number, uint32_t iovs, uint32_t count, uint32_t in_flags, uint32_t done,
                        uint32_t out_flags)
{
    struct fd *fd;
    struct host_slice slices[IOVEC_BATCH];
    size_t used;
    uint32_t error = fd_find_socket(number, WASI_RIGHT_FD_READ, &fd);
    if (error)
        return error;
    if (in_flags & ~(uint32_t)(WASI_RI_PEEK | WASI_RI_WAITALL))
        return WASI_EINVAL;
    if (!guest_bytes(done, sizeof(uint32_t)) || !guest_bytes(out_flags, sizeof(uint16_t)))
        return WASI_EFAULT; /* before anything is read and lost */
    error = take_buffers(fd, iovs, count, slices, &used);
    struct host_received received = {0};
    if (!error)
        error = fd->kind->receive(fd, slices, used, in_flags, &received);
    if (error)
        return error;
    uint16_t flags = received.truncated ? WASI_RO_DATA_TRUNCATED : 0;
    guest_write_u32(done, (uint32_t)received.size);
    guest_write(out_flags, &flags, sizeof flags);
    return WASI_SUCCESS;
}

static uint32_t send_message(struct fd *fd, uint32_t iovs, uint32_t count, uint32_t *total)
{
    struct host_slice slices[IOVEC_BATCH];
    size_t used, sent = 0;
    uint32_t error = iovec_take_message(iovs, count, slices, &used);
    if (!error)
        error = fd->kind->send(fd, slices, used, NULL, &sent); /* an empty one is one too */
    *total = (uint32_t)sent;
    return error;
}

/* witx: there are no flags yet. */
uint32_t wasi_sock_send(uint32_t number, uint32_t iovs, uint32_t count, uint32_t flags, uint32_t done)
{
    struct fd *fd;
    uint32_t error = fd_find_socket(number, WASI_RIGHT_FD_WRITE, &fd);
    if (error)
        return error;
    if (flags)
        return WASI_EINVAL;
    if (!guest_bytes(done, sizeof(uint32_t)))
        return WASI_EFAULT; /* before anything is sent */
    struct iovec_walk walk = {.address = iovs, .count = count, .room = UINT32_MAX};
    uint32_t total = 0;
    if (fd->socket.protocol == HOST_TCP)
        error = iovec_write(&walk, fd, &total);
    else
        error = send_message(fd, iovs, count, &total);
    if (!error)
        guest_write_u32(done, total);
    return error;
}

uint32_t wasi_sock_shutdown(uint32_t number, uint32_t how)
{
    struct fd *fd;
    uint32_t error = fd_find_socket(number, WASI_RIGHT_SOCK_SHUTDOWN, &fd);
    if (error)
        return error;
    if (how == 0 || (how & ~(uint32_t)(WASI_SD_RD | WASI_SD_WR)))
        return WASI_EINVAL;
    return fd->kind->shutdown(fd, how);
}

uint32_t wasi_sock_recv_v2(uint32_t number, uint32_t iovs, uint32_t count, uint32_t in_flags, uint32_t done,
                           uint32_t out_flags) PREVIEW1_SAME_AS(sock_recv);
uint32_t wasi_sock_send_v2(uint32_t number, uint32_t iovs, uint32_t count, uint32_t flags, uint32_t done)
    PREVIEW1_SAME_AS(sock_send);
