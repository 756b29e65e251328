/* socket.c: sockets are Linux's own, non-blocking all of them. */
#include "hosts/linux/socket.h"

#include <asm/ioctls.h>
#include <asm/socket.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/tcp.h>
#include <linux/uio.h>

#include "hosts/linux/error.h"
#include "hosts/linux/syscall.h"
#include "hosts/linux/wait.h"
#include "wasi/types.h"

/* What the kernel keeps out of the headers that it gives to programs (its include/linux/socket.h). */
enum { SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_NONBLOCK = 00004000, SOCK_CLOEXEC = 02000000 };
enum { SHUT_RD, SHUT_WR, SHUT_RDWR };
enum { MSG_PEEK = 0x02, MSG_TRUNC = 0x20, MSG_NOSIGNAL = 0x4000 };
enum { AF_INET = 2, AF_INET6 = 10 };

struct msghdr {
    void *name;
    uint32_t name_size;
    const struct iovec *slices;
    size_t slice_count;
    void *control;
    size_t control_size;
    uint32_t flags;
};

struct linger {
    int on;
    int seconds;
};

_Static_assert(sizeof(struct host_slice) == sizeof(struct iovec), "slices are handed to the kernel as they are");
_Static_assert(sizeof(struct msghdr) == 56, "msghdr");

/* --- addresses --- */

union address {
    uint16_t family;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static long to_linux(const struct host_address *address, union address *out)
{
    *out = (union address){0};
    if (address->family == HOST_IPV4) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = __builtin_bswap16(address->port);
        __builtin_memcpy(&out->v4.sin_addr, address->bytes, sizeof out->v4.sin_addr);
        return sizeof out->v4;
    }
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = __builtin_bswap16(address->port);
    __builtin_memcpy(&out->v6.sin6_addr, address->bytes, sizeof out->v6.sin6_addr);
    return sizeof out->v6;
}

static void from_linux(const union address *address, struct host_address *out)
{
    *out = (struct host_address){.family = address->family == AF_INET6 ? HOST_IPV6 : HOST_IPV4};
    if (address->family == AF_INET6) {
        out->port = __builtin_bswap16(address->v6.sin6_port);
        __builtin_memcpy(out->bytes, &address->v6.sin6_addr, sizeof address->v6.sin6_addr);
    } else if (address->family == AF_INET) {
        out->port = __builtin_bswap16(address->v4.sin_port);
        __builtin_memcpy(out->bytes, &address->v4.sin_addr, sizeof address->v4.sin_addr);
    }
}

/* --- sockets --- */

/* Takes what a system call returned for a new socket. */
static uint32_t take_descriptor(long descriptor, struct host_socket **socket)
{
    if (descriptor < 0)
        return linux_error(descriptor);
    if (!wait_reserve()) {
        syscall2(__NR_close, descriptor, 0);
        return WASI_ENOMEM;
    }
    *socket = socket_of_descriptor(descriptor);
    return WASI_SUCCESS;
}

uint32_t host_socket_open(enum host_family family, enum host_protocol protocol, struct host_socket **socket)
{
    int type = (protocol == HOST_TCP ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    return take_descriptor(syscall3(__NR_socket, family == HOST_IPV4 ? AF_INET : AF_INET6, type, 0), socket);
}

void host_socket_close(struct host_socket *socket)
{
    syscall2(__NR_close, socket_descriptor(socket), 0);
    wait_release();
}

uint32_t host_socket_bind(struct host_socket *socket, const struct host_address *address)
{
    union address local;
    long size = to_linux(address, &local);
    return linux_error(syscall3(__NR_bind, socket_descriptor(socket), (long)&local, size));
}

uint32_t host_socket_listen(struct host_socket *socket, uint32_t backlog)
{
    int limit = backlog > INT32_MAX ? INT32_MAX : (int)backlog;
    return linux_error(syscall2(__NR_listen, socket_descriptor(socket), limit));
}

uint32_t host_socket_accept(struct host_socket *socket, struct host_socket **accepted)
{
    long result = syscall4(__NR_accept4, socket_descriptor(socket), 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return take_descriptor(result, accepted);
}

uint32_t host_socket_connect(struct host_socket *socket, const struct host_address *address)
{
    union address peer;
    long size = to_linux(address, &peer);
    return linux_error(syscall3(__NR_connect, socket_descriptor(socket), (long)&peer, size));
}

uint32_t host_socket_receive(struct host_socket *socket, const struct host_slice *slices, size_t count, bool peek,
                             struct host_received *received)
{
    union address from = {0};
    struct msghdr message = {.slices = (const struct iovec *)slices, .slice_count = count};
    if (received->from) {
        message.name = &from;
        message.name_size = sizeof from;
    }
    long result = syscall3(__NR_recvmsg, socket_descriptor(socket), (long)&message, peek ? MSG_PEEK : 0);
    if (result < 0)
        return linux_error(result);
    received->size = (size_t)result;
    received->truncated = message.flags & MSG_TRUNC;
    if (received->from && message.name_size) /* for TCP the kernel sets none */
        from_linux(&from, received->from);
    else if (received->from)
        host_socket_peer(socket, received->from); /* who may be gone: what was received counts all the same */
    return WASI_SUCCESS;
}

uint32_t host_socket_send(struct host_socket *socket, const struct host_slice *slices, size_t count,
                          const struct host_address *to, size_t *sent)
{
    union address peer;
    struct msghdr message = {.slices = (const struct iovec *)slices, .slice_count = count};
    if (to) {
        message.name = &peer;
        message.name_size = (uint32_t)to_linux(to, &peer);
    }
    long result = syscall3(__NR_sendmsg, socket_descriptor(socket), (long)&message, MSG_NOSIGNAL);
    if (result >= 0)
        *sent = (size_t)result;
    return linux_error(result);
}

uint32_t host_socket_shutdown(struct host_socket *socket, unsigned how)
{
    int linux_how = how == HOST_SHUT_READ ? SHUT_RD : how == HOST_SHUT_WRITE ? SHUT_WR : SHUT_RDWR;
    return linux_error(syscall2(__NR_shutdown, socket_descriptor(socket), linux_how));
}

static uint32_t get_address(long number, struct host_socket *socket, struct host_address *address)
{
    union address name = {0};
    uint32_t size = sizeof name;
    long result = syscall3(number, socket_descriptor(socket), (long)&name, (long)&size);
    if (result == 0)
        from_linux(&name, address);
    return linux_error(result);
}

uint32_t host_socket_local(struct host_socket *socket, struct host_address *address)
{
    return get_address(__NR_getsockname, socket, address);
}

uint32_t host_socket_peer(struct host_socket *socket, struct host_address *address)
{
    return get_address(__NR_getpeername, socket, address);
}

/* --- options --- */

static const struct {
    int level, name;
} options[] = {
    [HOST_REUSE_ADDRESS] = {SOL_SOCKET, SO_REUSEADDR}, [HOST_KEEP_ALIVE] = {SOL_SOCKET, SO_KEEPALIVE},
    [HOST_BROADCAST] = {SOL_SOCKET, SO_BROADCAST},     [HOST_NO_DELAY] = {IPPROTO_TCP, TCP_NODELAY},
    [HOST_V6_ONLY] = {IPPROTO_IPV6, IPV6_V6ONLY},      [HOST_LINGER] = {SOL_SOCKET, SO_LINGER},
    [HOST_SEND_BUFFER] = {SOL_SOCKET, SO_SNDBUF},      [HOST_RECEIVE_BUFFER] = {SOL_SOCKET, SO_RCVBUF},
};

static uint32_t set_option(struct host_socket *socket, enum host_option option, const void *value, size_t size)
{
    return linux_error(syscall6(__NR_setsockopt, socket_descriptor(socket), options[option].level, options[option].name,
                                (long)value, (long)size, 0));
}

uint32_t host_socket_set(struct host_socket *socket, enum host_option option, int32_t value)
{
    struct linger linger = {.on = value >= 0, .seconds = value < 0 ? 0 : value};
    if (option == HOST_LINGER)
        return set_option(socket, option, &linger, sizeof linger);
    return set_option(socket, option, &value, sizeof value);
}

static uint32_t get_option(struct host_socket *socket, int level, int name, int32_t *value)
{
    uint32_t size = sizeof *value;
    return linux_error(syscall6(__NR_getsockopt, socket_descriptor(socket), level, name, (long)value, (long)&size, 0));
}

uint32_t host_socket_get(struct host_socket *socket, enum host_option option, int32_t *value)
{
    return get_option(socket, options[option].level, options[option].name, value);
}

uint32_t host_socket_error(struct host_socket *socket)
{
    int32_t error = 0;
    uint32_t failed = get_option(socket, SOL_SOCKET, SO_ERROR, &error);
    return failed ? failed : linux_error(-error);
}
