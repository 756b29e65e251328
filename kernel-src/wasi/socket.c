/* socket.c: see socket.h. A call of a blocking socket is one of the host, which never waits, and a wait, by turns. */
#include "wasi/socket.h"

#include "wasi/iovec.h"

#define RIGHTS_SOCKET                                                                                                  \
    (WASI_RIGHT_FD_READ | WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_FD_FILESTAT_GET |          \
     WASI_RIGHT_POLL_FD_READWRITE | WASI_RIGHT_SOCK_SHUTDOWN | WASI_RIGHT_SOCK_ACCEPT)

void socket_fill(struct fd *fd, struct host_socket *socket, const struct fd_socket *about, uint16_t flags)
{
    *fd = (struct fd){
        .kind = &socket_kind,
        .rights = RIGHTS_SOCKET,
        .rights_inheriting = RIGHTS_SOCKET,
        .flags = flags,
        .watch.socket = socket,
        .socket = *about,
    };
}

uint64_t socket_deadline(uint64_t timeout)
{
    return timeout ? host_clock_now(HOST_CLOCK_MONOTONIC) + timeout : UINT64_MAX;
}

uint32_t socket_wait(struct fd *fd, uint8_t wanted, uint64_t deadline)
{
    if (fd->flags & WASI_FDFLAG_NONBLOCK)
        return WASI_EAGAIN;
    /* Also where it is ready, and the host could do nothing with it all the same, for want of memory. */
    if (deadline != UINT64_MAX && host_clock_now(HOST_CLOCK_MONOTONIC) >= deadline)
        return WASI_EAGAIN;
    fd->watch.next = NULL;
    fd->watch.wanted = wanted;
    host_wait(deadline, &fd->watch);
    fd->watch.wanted = 0;
    return fd->watch.ready & wanted ? WASI_SUCCESS : WASI_EAGAIN;
}

uint32_t socket_take_error(struct fd *fd)
{
    uint32_t error = fd->socket.error;
    fd->socket.error = 0;
    return error ? error : host_socket_error(fd->watch.socket);
}

/* An error that poll_oneoff has told belongs to the next call, for the host has forgotten it. */
static uint32_t told_error(struct fd *fd)
{
    uint32_t error = fd->socket.error;
    fd->socket.error = 0;
    return error;
}

static uint32_t socket_error(struct fd *fd)
{
    uint32_t error = host_socket_error(fd->watch.socket);
    if (error)
        fd->socket.error = (uint16_t)error;
    return fd->socket.error;
}

/* Takes `size` bytes off the front of the slices. */
static void skip(struct host_slice *slices, size_t *count, size_t size)
{
    size_t whole = 0;
    while (whole < *count && size >= slices[whole].size)
        size -= slices[whole++].size;
    *count -= whole;
    __builtin_memmove(slices, slices + whole, *count * sizeof *slices);
    if (*count) {
        slices->data = (char *)slices->data + size;
        slices->size -= size;
    }
}

static uint32_t receive_once(struct fd *fd, const struct host_slice *slices, size_t count, bool peek, uint64_t deadline,
                             struct host_received *received)
{
    uint32_t error = told_error(fd);
    while (!error) {
        error = host_socket_receive(fd->watch.socket, slices, count, peek, received);
        if (error != WASI_EAGAIN)
            break;
        error = socket_wait(fd, HOST_READABLE, deadline);
    }
    return error;
}

/* An error behind some bytes is for the next call. */
static uint32_t receive_all(struct fd *fd, const struct host_slice *slices, size_t count, uint64_t deadline,
                            struct host_received *received)
{
    struct host_slice rest[IOVEC_BATCH];
    __builtin_memcpy(rest, slices, count * sizeof *rest);
    size_t total = 0;
    uint32_t error;
    do {
        error = receive_once(fd, rest, count, false, deadline, received);
        if (error || received->size == 0)
            break;
        total += received->size;
        skip(rest, &count, received->size);
    } while (count);
    received->size = total;
    if (error && error != WASI_EAGAIN && total)
        fd->socket.error = (uint16_t)error;
    return total ? WASI_SUCCESS : error;
}

static uint32_t socket_receive(struct fd *fd, const struct host_slice *slices, size_t count, uint32_t flags,
                               struct host_received *received)
{
    uint64_t deadline = socket_deadline(fd->socket.receive_timeout);
    bool wait_all = (flags & (WASI_RI_WAITALL | WASI_RI_PEEK)) == WASI_RI_WAITALL; /* of peeks it would never end */
    if (wait_all && count && fd->socket.protocol == HOST_TCP)
        return receive_all(fd, slices, count, deadline, received);
    return receive_once(fd, slices, count, flags & WASI_RI_PEEK, deadline, received);
}

static uint32_t send_once(struct fd *fd, const struct host_slice *slices, size_t count, const struct host_address *to,
                          uint64_t deadline, size_t *sent)
{
    uint32_t error = told_error(fd);
    while (!error) {
        error = host_socket_send(fd->watch.socket, slices, count, to, sent);
        if (error != WASI_EAGAIN)
            break;
        error = socket_wait(fd, HOST_WRITABLE, deadline);
    }
    return error;
}

/* All of it, if the socket blocks, as in POSIX; the timeout is the whole call's. */
static uint32_t socket_send(struct fd *fd, const struct host_slice *slices, size_t count, const struct host_address *to,
                            size_t *sent)
{
    size_t size = host_slices_size(slices, count);
    uint64_t deadline = socket_deadline(fd->socket.send_timeout);
    uint32_t error = send_once(fd, slices, count, to, deadline, sent);
    if (error || *sent == size || (fd->flags & WASI_FDFLAG_NONBLOCK) || fd->socket.protocol == HOST_UDP)
        return error;
    struct host_slice rest[IOVEC_BATCH];
    __builtin_memcpy(rest, slices, count * sizeof *rest);
    size_t total = 0, part = *sent;
    while (!error && total + part < size) {
        total += part;
        skip(rest, &count, part);
        part = 0;
        error = send_once(fd, rest, count, NULL, deadline, &part);
    }
    *sent = total + part;
    if (error && error != WASI_EAGAIN)
        fd->socket.error = (uint16_t)error;
    return WASI_SUCCESS;
}

static uint32_t socket_read(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done)
{
    struct host_received received = {0};
    uint64_t deadline = socket_deadline(fd->socket.receive_timeout);
    uint32_t error = receive_once(fd, slices, count, false, deadline, &received);
    *done = received.size;
    return error;
}

static uint32_t socket_write(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done)
{
    return socket_send(fd, slices, count, NULL, done);
}

static uint32_t socket_shutdown(struct fd *fd, uint32_t how)
{
    unsigned host_how = how & WASI_SD_RD ? HOST_SHUT_READ : 0;
    return host_socket_shutdown(fd->watch.socket, host_how | (how & WASI_SD_WR ? HOST_SHUT_WRITE : 0));
}

static uint32_t socket_stat(struct fd *fd, struct wasi_filestat *stat)
{
    bool is_stream = fd->socket.protocol == HOST_TCP;
    stat->filetype = is_stream ? WASI_FILETYPE_SOCKET_STREAM : WASI_FILETYPE_SOCKET_DGRAM;
    stat->link_count = 1;
    return WASI_SUCCESS;
}

static void socket_close(struct fd *fd)
{
    host_socket_close(fd->watch.socket);
}

const struct fd_kind socket_kind = {
    .read = socket_read,
    .write = socket_write,
    .stat = socket_stat,
    .waits = HOST_READABLE | HOST_WRITABLE,
    .error = socket_error,
    .close = socket_close,
    .receive = socket_receive,
    .send = socket_send,
    .shutdown = socket_shutdown,
};
