/* udp.c: UDP sockets. What has been received is a queue of datagrams, bounded in bytes of memory. */
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/udp.h>

#include "net/claims.h"
#include "net/memory.h"
#include "net/protocol.h"
#include "wasi/types.h"

enum {
    QUEUE_MAX = 256 << 10, /* bytes of buffers; what comes beyond that is dropped */
    BUFFER_COST = 2048,    /* what a buffer may take, however small the datagram */
    DATAGRAM_MAX = UINT16_MAX - 8 - 20,
};

struct datagram {
    struct datagram *next;
    struct pbuf *pbuf;
    struct host_address from;
};

struct udp_socket {
    struct host_socket base;
    struct udp_pcb *pcb;
    struct datagram *first, *last;
    size_t cost; /* of what is queued */
    bool connected, read_shut, write_shut;
};

static struct udp_socket *as_udp(struct host_socket *socket)
{
    return (struct udp_socket *)socket;
}

static void handle_received(void *argument, struct udp_pcb *pcb, struct pbuf *pbuf, const ip_addr_t *ip, u16_t port)
{
    struct udp_socket *socket = argument;
    (void)pcb;
    bool fits = !socket->read_shut && socket->cost < QUEUE_MAX;
    struct datagram *datagram = fits ? net_alloc(sizeof *datagram) : NULL;
    if (!datagram) {
        pbuf_free(pbuf);
        return;
    }
    *datagram = (struct datagram){.pbuf = pbuf};
    address_set(&datagram->from, socket->base.family, ip, port);
    if (socket->first)
        socket->last->next = datagram;
    else
        socket->first = datagram;
    socket->last = datagram;
    socket->cost += pbuf_clen(pbuf) * (size_t)BUFFER_COST;
}

static void drop_first(struct udp_socket *socket)
{
    struct datagram *datagram = socket->first;
    socket->first = datagram->next;
    socket->cost -= pbuf_clen(datagram->pbuf) * (size_t)BUFFER_COST;
    pbuf_free(datagram->pbuf);
    net_free(datagram);
}

uint32_t udp_socket_open(enum host_family family, struct host_socket **opened)
{
    struct udp_socket *socket = net_alloc_zeroed(1, sizeof *socket);
    struct udp_pcb *pcb = udp_new_ip_type(family == HOST_IPV4 ? IPADDR_TYPE_V4 : IPADDR_TYPE_ANY);
    if (!socket || !pcb) {
        net_free(socket);
        if (pcb)
            udp_remove(pcb);
        return WASI_ENOBUFS;
    }
    socket->base = (struct host_socket){.protocol = &udp_protocol, .family = family};
    socket->pcb = pcb;
    udp_recv(pcb, handle_received, socket);
    *opened = &socket->base;
    return WASI_SUCCESS;
}

static void close_socket(struct host_socket *base)
{
    struct udp_socket *socket = as_udp(base);
    udp_remove(socket->pcb);
    while (socket->first)
        drop_first(socket);
    net_free(socket);
}

/* Port 0: any of those that this machine may choose from. */
static err_t bind_pcb(struct udp_pcb *pcb, const ip_addr_t *ip, u16_t port)
{
    err_t error = ERR_USE;
    for (unsigned left = port ? 1 : claims_range_size(); error == ERR_USE && left > 0; left--)
        error = udp_bind(pcb, ip, port ? port : claims_next_port());
    return error;
}

static uint32_t bind_socket(struct host_socket *base, const ip_addr_t *ip, u16_t port)
{
    struct udp_socket *socket = as_udp(base);
    if (socket->pcb->local_port != 0)
        return WASI_EINVAL;
    uint32_t claimed = claims_take(HOST_UDP, port);
    if (claimed)
        return claimed;
    bool every = IP_IS_ANY_TYPE_VAL(socket->pcb->local_ip) && ip_addr_isany(ip);
    return net_errno(bind_pcb(socket->pcb, every ? IP_ANY_TYPE : ip, port));
}

/* Who sends or connects without a port gets one. */
static err_t ensure_port(struct udp_pcb *pcb)
{
    return pcb->local_port ? ERR_OK : bind_pcb(pcb, &pcb->local_ip, 0);
}

static uint32_t connect_socket(struct host_socket *base, const ip_addr_t *ip, u16_t port)
{
    struct udp_socket *socket = as_udp(base);
    err_t error = ensure_port(socket->pcb);
    if (error == ERR_OK)
        error = udp_connect(socket->pcb, ip, port);
    socket->connected = error == ERR_OK;
    return net_errno(error);
}

/* Copies a datagram, as much as there is room for. */
static size_t copy_datagram(const struct pbuf *pbuf, const struct host_slice *slices, size_t count)
{
    size_t room = host_slices_size(slices, count), copied = 0;
    for (; pbuf && copied < room; pbuf = pbuf->next) {
        size_t part = room - copied < pbuf->len ? room - copied : pbuf->len;
        slices_fill(slices, count, copied, pbuf->payload, part);
        copied += part;
    }
    return copied;
}

static uint32_t receive(struct host_socket *base, const struct host_slice *slices, size_t count, bool peek,
                        struct host_received *received)
{
    struct udp_socket *socket = as_udp(base);
    struct datagram *datagram = socket->first;
    if (!datagram)
        return socket->read_shut ? WASI_SUCCESS : WASI_EAGAIN;
    received->size = copy_datagram(datagram->pbuf, slices, count);
    received->truncated = received->size < datagram->pbuf->tot_len;
    if (received->from)
        *received->from = datagram->from;
    if (!peek)
        drop_first(socket);
    return WASI_SUCCESS;
}

static uint32_t send(struct host_socket *base, const struct host_slice *slices, size_t count, const ip_addr_t *ip,
                     u16_t port, size_t *sent)
{
    struct udp_socket *socket = as_udp(base);
    size_t size = host_slices_size(slices, count);
    if (!ip && !socket->connected)
        return WASI_EDESTADDRREQ;
    if (socket->write_shut)
        return WASI_EPIPE;
    if (size > DATAGRAM_MAX)
        return WASI_EMSGSIZE;
    struct pbuf *pbuf = pbuf_alloc(PBUF_TRANSPORT, (u16_t)size, PBUF_RAM);
    if (!pbuf)
        return WASI_ENOBUFS;
    char *to = pbuf->payload;
    for (size_t i = 0; i < count; i++) {
        __builtin_memcpy(to, slices[i].data, slices[i].size);
        to += slices[i].size;
    }
    err_t error = ensure_port(socket->pcb);
    if (error == ERR_OK)
        error = ip ? udp_sendto(socket->pcb, pbuf, ip, port) : udp_send(socket->pcb, pbuf);
    pbuf_free(pbuf);
    *sent = error == ERR_OK ? size : 0;
    return net_errno(error);
}

static uint32_t shutdown_socket(struct host_socket *base, unsigned how)
{
    struct udp_socket *socket = as_udp(base);
    if (!socket->connected)
        return WASI_ENOTCONN;
    socket->read_shut |= (how & HOST_SHUT_READ) != 0;
    socket->write_shut |= (how & HOST_SHUT_WRITE) != 0;
    return WASI_SUCCESS;
}

static void look(const struct host_socket *base, struct host_watch *watch)
{
    const struct udp_socket *socket = (const struct udp_socket *)base;
    watch->bytes = socket->first ? socket->first->pbuf->tot_len : 0;
    watch->ready = HOST_WRITABLE | (socket->first ? HOST_READABLE : 0);
    if (socket->read_shut)
        watch->ready |= HOST_READABLE | HOST_END;
}

static uint32_t names(struct host_socket *base, struct host_address *local, struct host_address *peer)
{
    const struct udp_socket *socket = as_udp(base);
    address_set(local, base->family, &socket->pcb->local_ip, socket->pcb->local_port);
    address_set(peer, base->family, &socket->pcb->remote_ip, socket->pcb->remote_port);
    return socket->connected ? WASI_SUCCESS : WASI_ENOTCONN;
}

/* The bit of an option that is a flag, or 0. */
static u8_t flag_of(enum host_option option)
{
    return option == HOST_REUSE_ADDRESS ? SOF_REUSEADDR : option == HOST_BROADCAST ? SOF_BROADCAST : 0;
}

static uint32_t set(struct host_socket *base, enum host_option option, int32_t value)
{
    struct udp_pcb *pcb = as_udp(base)->pcb;
    if (option == HOST_V6_ONLY) {
        if (base->family != HOST_IPV6 || pcb->local_port != 0)
            return WASI_EINVAL;
        IP_SET_TYPE_VAL(pcb->local_ip, value ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY);
        IP_SET_TYPE_VAL(pcb->remote_ip, value ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY);
        return WASI_SUCCESS;
    }
    if (option == HOST_SEND_BUFFER || option == HOST_RECEIVE_BUFFER)
        return WASI_SUCCESS; /* as large as they are */
    if (!flag_of(option))
        return WASI_ENOPROTOOPT;
    if (value)
        ip_set_option(pcb, flag_of(option));
    else
        ip_reset_option(pcb, flag_of(option));
    return WASI_SUCCESS;
}

static uint32_t get(struct host_socket *base, enum host_option option, int32_t *value)
{
    const struct udp_pcb *pcb = as_udp(base)->pcb;
    if (option == HOST_V6_ONLY)
        *value = IP_IS_V6_VAL(pcb->local_ip) && !IP_IS_ANY_TYPE_VAL(pcb->local_ip);
    else if (option == HOST_SEND_BUFFER || option == HOST_RECEIVE_BUFFER)
        *value = QUEUE_MAX;
    else if (flag_of(option))
        *value = ip_get_option(pcb, flag_of(option)) != 0;
    else
        return WASI_ENOPROTOOPT;
    return WASI_SUCCESS;
}

const struct protocol udp_protocol = {
    .close = close_socket,
    .bind = bind_socket,
    .connect = connect_socket,
    .receive = receive,
    .send = send,
    .shutdown = shutdown_socket,
    .look = look,
    .names = names,
    .set = set,
    .get = get,
};
