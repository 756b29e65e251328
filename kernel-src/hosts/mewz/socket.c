/* socket.c: sockets, on the kernel's TCP/IP stack (net/net.h): what TCP and UDP have in common, and addresses and
 * errors between WASI's form and lwIP's. */
#include "wasi/host_socket.h"

#include <lwip/netif.h>

#include "hosts/mewz/wait.h"
#include "net/net.h"
#include "net/protocol.h"
#include "wasi/types.h"

uint32_t net_errno(err_t error)
{
    static const uint8_t numbers[] = {
        [-ERR_OK] = WASI_SUCCESS,        [-ERR_MEM] = WASI_ENOBUFS,       [-ERR_BUF] = WASI_ENOBUFS,
        [-ERR_TIMEOUT] = WASI_ETIMEDOUT, [-ERR_RTE] = WASI_ENETUNREACH,   [-ERR_INPROGRESS] = WASI_EINPROGRESS,
        [-ERR_VAL] = WASI_EINVAL,        [-ERR_WOULDBLOCK] = WASI_EAGAIN, [-ERR_USE] = WASI_EADDRINUSE,
        [-ERR_ALREADY] = WASI_EALREADY,  [-ERR_ISCONN] = WASI_EISCONN,    [-ERR_CONN] = WASI_ENOTCONN,
        [-ERR_IF] = WASI_ENETDOWN,       [-ERR_ABRT] = WASI_ETIMEDOUT,    [-ERR_RST] = WASI_ECONNRESET,
        [-ERR_CLSD] = WASI_EPIPE,        [-ERR_ARG] = WASI_EINVAL,
    };
    unsigned index = (unsigned)-error;
    return index < sizeof numbers ? numbers[index] : WASI_EIO;
}

uint32_t net_take_error(struct host_socket *socket)
{
    uint32_t error = socket->error;
    socket->error = WASI_SUCCESS;
    return error;
}

/* --- addresses --- */

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool is_mapped(const struct host_address *address)
{
    return address->family == HOST_IPV6 && __builtin_memcmp(address->bytes, mapped_prefix, sizeof mapped_prefix) == 0;
}

/* False if a socket of that family cannot speak to such an address. */
static bool convert(const struct host_socket *socket, const struct host_address *address, ip_addr_t *ip)
{
    *ip = (ip_addr_t){0};
    if (address->family != socket->family)
        return false;
    if (address->family == HOST_IPV4 || is_mapped(address)) {
        const uint8_t *bytes = address->bytes + (address->family == HOST_IPV4 ? 0 : sizeof mapped_prefix);
        __builtin_memcpy(&ip_2_ip4(ip)->addr, bytes, sizeof ip_2_ip4(ip)->addr);
        IP_SET_TYPE_VAL(*ip, IPADDR_TYPE_V4);
        return true;
    }
    __builtin_memcpy(ip_2_ip6(ip)->addr, address->bytes, sizeof ip_2_ip6(ip)->addr);
    IP_SET_TYPE_VAL(*ip, IPADDR_TYPE_V6);
    if (netif_default && ip6_addr_lacks_zone(ip_2_ip6(ip), IP6_UNKNOWN))
        ip6_addr_assign_zone(ip_2_ip6(ip), IP6_UNKNOWN, netif_default);
    return true;
}

void address_set(struct host_address *address, enum host_family family, const ip_addr_t *ip, u16_t port)
{
    *address = (struct host_address){.family = family, .port = port};
    if (family == HOST_IPV4) {
        __builtin_memcpy(address->bytes, &ip_2_ip4(ip)->addr, sizeof ip_2_ip4(ip)->addr);
    } else if (IP_IS_V4_VAL(*ip)) {
        __builtin_memcpy(address->bytes, mapped_prefix, sizeof mapped_prefix);
        __builtin_memcpy(address->bytes + sizeof mapped_prefix, &ip_2_ip4(ip)->addr, sizeof ip_2_ip4(ip)->addr);
    } else {
        __builtin_memcpy(address->bytes, ip_2_ip6(ip)->addr, sizeof ip_2_ip6(ip)->addr);
    }
}

/* --- slices --- */

void slices_fill(const struct host_slice *slices, size_t count, size_t skip, const void *bytes, size_t size)
{
    const char *from = bytes;
    for (size_t i = 0; i < count && size > 0; i++) {
        if (skip >= slices[i].size) {
            skip -= slices[i].size;
            continue;
        }
        size_t room = slices[i].size - skip;
        size_t part = size < room ? size : room;
        __builtin_memcpy((char *)slices[i].data + skip, from, part);
        from += part;
        size -= part;
        skip = 0;
    }
}

/* --- sockets --- */

uint32_t host_socket_open(enum host_family family, enum host_protocol protocol, struct host_socket **socket)
{
    net_start();
    return protocol == HOST_TCP ? tcp_socket_open(family, socket) : udp_socket_open(family, socket);
}

void host_socket_close(struct host_socket *socket)
{
    socket->protocol->close(socket);
    net_push();
}

uint32_t host_socket_bind(struct host_socket *socket, const struct host_address *address)
{
    ip_addr_t ip;
    if (!convert(socket, address, &ip))
        return WASI_EAFNOSUPPORT;
    return socket->protocol->bind(socket, &ip, address->port);
}

uint32_t host_socket_connect(struct host_socket *socket, const struct host_address *address)
{
    ip_addr_t ip;
    if (!convert(socket, address, &ip))
        return WASI_EAFNOSUPPORT;
    if (!ip_addr_isloopback(&ip))
        net_wait_address();
    uint32_t error = socket->protocol->connect(socket, &ip, address->port);
    net_push();
    return error;
}

uint32_t host_socket_receive(struct host_socket *socket, const struct host_slice *slices, size_t count, bool peek,
                             struct host_received *received)
{
    received->size = 0;
    received->truncated = false;
    uint32_t error = socket->protocol->receive(socket, slices, count, peek, received);
    if (error == WASI_EAGAIN) {
        net_poll();
        error = socket->protocol->receive(socket, slices, count, peek, received);
    }
    net_push(); /* the window may have opened */
    return error;
}

uint32_t host_socket_send(struct host_socket *socket, const struct host_slice *slices, size_t count,
                          const struct host_address *to, size_t *sent)
{
    ip_addr_t ip;
    *sent = 0;
    if (to && !convert(socket, to, &ip))
        return WASI_EAFNOSUPPORT;
    if (to && !ip_addr_isloopback(&ip))
        net_wait_address();
    uint32_t error = socket->protocol->send(socket, slices, count, to ? &ip : NULL, to ? to->port : 0, sent);
    if (error == WASI_EAGAIN) {
        net_poll();
        error = socket->protocol->send(socket, slices, count, to ? &ip : NULL, to ? to->port : 0, sent);
    }
    net_push();
    return error;
}

uint32_t host_socket_shutdown(struct host_socket *socket, unsigned how)
{
    uint32_t error = socket->protocol->shutdown(socket, how);
    net_push();
    return error;
}

uint32_t host_socket_error(struct host_socket *socket)
{
    return net_take_error(socket);
}

uint32_t host_socket_local(struct host_socket *socket, struct host_address *address)
{
    struct host_address peer;
    socket->protocol->names(socket, address, &peer);
    return WASI_SUCCESS;
}

uint32_t host_socket_peer(struct host_socket *socket, struct host_address *address)
{
    struct host_address local;
    return socket->protocol->names(socket, &local, address);
}

uint32_t host_socket_set(struct host_socket *socket, enum host_option option, int32_t value)
{
    return socket->protocol->set(socket, option, value);
}

uint32_t host_socket_get(struct host_socket *socket, enum host_option option, int32_t *value)
{
    return socket->protocol->get(socket, option, value);
}

/* --- waiting: wait.c --- */

void socket_look(struct host_watch *watch)
{
    const struct host_socket *socket = watch->socket;
    socket->protocol->look(socket, watch);
    if (socket->error)
        watch->ready |= HOST_READABLE | HOST_WRITABLE | HOST_ERROR;
}
