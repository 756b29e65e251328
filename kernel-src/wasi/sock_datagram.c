/* sock_datagram.c: messages with an address, as WasmEdge's extension has them. */
#include "wasi/fd.h"
#include "wasi/guest.h"
#include "wasi/iovec.h"
#include "wasi/sock_address.h"
#include "wasi/wasmedge.h"

/* Where the program wants to have what comes; all of it is checked before anything is received and lost. */
struct places {
    uint32_t address; /* of a struct wasi_address */
    uint32_t port;    /* of 16 bits */
    bool has_port;
    uint32_t done, out_flags;
};

static uint32_t check_places(const struct places *places, enum host_family family)
{
    if (!guest_bytes(places->done, sizeof(uint32_t)) || !guest_bytes(places->out_flags, sizeof(uint16_t)) ||
        (places->has_port && !guest_bytes(places->port, sizeof(uint16_t))))
        return WASI_EFAULT;
    return address_check(places->address, family);
}

static uint32_t receive(uint32_t number, uint32_t iovs, uint32_t count, uint32_t in_flags, const struct places *places)
{
    struct fd *fd;
    struct host_slice slices[IOVEC_BATCH];
    struct host_address from = {0};
    struct host_received received = {.from = &from};
    size_t used;
    uint32_t error = fd_find_socket(number, WASI_RIGHT_FD_READ, &fd);
    if (!error && (in_flags & ~(uint32_t)(WASI_RI_PEEK | WASI_RI_WAITALL)))
        error = WASI_EINVAL;
    if (!error)
        error = check_places(places, fd->socket.family);
    if (!error)
        error = iovec_take_message(iovs, count, slices, &used);
    if (!error)
        error = fd->kind->receive(fd, slices, used, in_flags, &received);
    if (error)
        return error;
    uint16_t flags = received.truncated ? WASI_RO_DATA_TRUNCATED : 0;
    guest_write_u32(places->done, (uint32_t)received.size);
    guest_write(places->out_flags, &flags, sizeof flags);
    if (places->has_port)
        guest_write(places->port, &from.port, sizeof from.port);
    return address_write(places->address, &from);
}

uint32_t wasi_sock_recv_from(uint32_t number, uint32_t iovs, uint32_t count, uint32_t address, uint32_t in_flags,
                             uint32_t done, uint32_t out_flags)
{
    struct places places = {.address = address, .done = done, .out_flags = out_flags};
    return receive(number, iovs, count, in_flags, &places);
}

uint32_t wasi_sock_recv_from_port(uint32_t number, uint32_t iovs, uint32_t count, uint32_t address, uint32_t in_flags,
                                  uint32_t port, uint32_t done, uint32_t out_flags)
{
    struct places places = {.address = address, .port = port, .has_port = true, .done = done, .out_flags = out_flags};
    return receive(number, iovs, count, in_flags, &places);
}

uint32_t wasi_sock_recv_from_v2(uint32_t number, uint32_t iovs, uint32_t count, uint32_t address, uint32_t in_flags,
                                uint32_t port, uint32_t done, uint32_t out_flags)
{
    return wasi_sock_recv_from_port(number, iovs, count, address, in_flags, port, done, out_flags);
}

uint32_t wasi_sock_send_to(uint32_t number, uint32_t iovs, uint32_t count, uint32_t address, uint32_t port,
                           uint32_t flags, uint32_t done)
{
    struct fd *fd;
    struct host_slice slices[IOVEC_BATCH];
    struct host_address to;
    size_t used, sent = 0;
    uint32_t error = fd_find_socket(number, WASI_RIGHT_FD_WRITE, &fd);
    if (!error && flags)
        error = WASI_EINVAL;
    if (!error && !guest_bytes(done, sizeof(uint32_t)))
        error = WASI_EFAULT;
    if (!error)
        error = address_read(address, port, &to);
    if (!error)
        error = iovec_take_message(iovs, count, slices, &used);
    if (!error)
        error = fd->kind->send(fd, slices, used, &to, &sent);
    if (!error)
        guest_write_u32(done, (uint32_t)sent);
    return error;
}

uint32_t wasi_sock_send_to_v2(uint32_t number, uint32_t iovs, uint32_t count, uint32_t address, uint32_t port,
                              uint32_t flags, uint32_t done) PREVIEW1_SAME_AS(sock_send_to);
