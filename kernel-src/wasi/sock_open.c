/* sock_open.c: making sockets, as WasmEdge's extension has it. */
#include "wasi/guest.h"
#include "wasi/sock_address.h"
#include "wasi/socket.h"
#include "wasi/wasmedge.h"

static bool describe(uint32_t family, uint32_t type, struct fd_socket *about)
{
    *about = (struct fd_socket){
        .family = family == WASI_FAMILY_INET6 ? HOST_IPV6 : HOST_IPV4,
        .protocol = type == WASI_SOCKTYPE_DGRAM ? HOST_UDP : HOST_TCP,
    };
    return (family == WASI_FAMILY_INET4 || family == WASI_FAMILY_INET6) &&
           (type == WASI_SOCKTYPE_DGRAM || type == WASI_SOCKTYPE_STREAM);
}

uint32_t wasi_sock_open(uint32_t family, uint32_t type, uint32_t opened)
{
    struct fd *fd;
    struct fd_socket about;
    struct host_socket *socket;
    uint32_t number;
    if (!describe(family, type, &about))
        return WASI_EINVAL;
    if (!guest_bytes(opened, sizeof(uint32_t)))
        return WASI_EFAULT;
    uint32_t error = fd_open(&number, &fd);
    if (!error)
        error = host_socket_open(about.family, about.protocol, &socket);
    if (error)
        return error;
    socket_fill(fd, socket, &about, 0);
    guest_write_u32(opened, number);
    return WASI_SUCCESS;
}

uint32_t wasi_sock_bind(uint32_t number, uint32_t address, uint32_t port)
{
    struct fd *fd;
    struct host_address local;
    uint32_t error = fd_find_socket(number, 0, &fd);
    if (!error)
        error = address_read(address, port, &local);
    return error ? error : host_socket_bind(fd->watch.socket, &local);
}

uint32_t wasi_sock_listen(uint32_t number, uint32_t backlog)
{
    struct fd *fd;
    uint32_t error = fd_find_socket(number, 0, &fd);
    if (!error)
        error = host_socket_listen(fd->watch.socket, backlog);
    if (!error)
        fd->socket.listens = true;
    return error;
}

uint32_t wasi_sock_connect(uint32_t number, uint32_t address, uint32_t port)
{
    struct fd *fd;
    struct host_address peer;
    uint32_t error = fd_find_socket(number, 0, &fd);
    if (!error)
        error = address_read(address, port, &peer);
    if (!error)
        error = host_socket_connect(fd->watch.socket, &peer);
    if (error != WASI_EINPROGRESS)
        return error;
    /* It goes on where a socket does not block or its time is over, and both say so. */
    uint64_t deadline = socket_deadline(fd->socket.send_timeout);
    return socket_wait(fd, HOST_WRITABLE, deadline) ? WASI_EINPROGRESS : socket_take_error(fd);
}

uint32_t wasi_sock_open_v2(uint32_t family, uint32_t type, uint32_t opened) PREVIEW1_SAME_AS(sock_open);
uint32_t wasi_sock_bind_v2(uint32_t number, uint32_t address, uint32_t port) PREVIEW1_SAME_AS(sock_bind);
uint32_t wasi_sock_listen_v2(uint32_t number, uint32_t backlog) PREVIEW1_SAME_AS(sock_listen);
uint32_t wasi_sock_connect_v2(uint32_t number, uint32_t address, uint32_t port) PREVIEW1_SAME_AS(sock_connect);
