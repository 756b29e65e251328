/* tcp.c: TCP sockets: how they begin, connect, listen and end. */
#include <mewz/metrics.h>

#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#include "net/claims.h"
#include "net/memory.h"
#include "net/net.h"
#include "net/predict.h"
#include "net/tcp_socket.h"
#include "wasi/types.h"

enum { TIME_WAIT_STEP = 32 }; /* connections that come before a look at those that are remembered */

static uint32_t socket_count; /* open ones, those that wait to be accepted included */
MEWZ_METRIC(sockets, "tcp.sockets", socket_count);

/* lwIP counts every connection that is closed as one that was reset. */
static struct {
    uint32_t failed, reset;
} lost;
MEWZ_METRIC(failed, "tcp.connections_failed", lost.failed);
MEWZ_METRIC(reset, "tcp.connections_reset", lost.reset);

/* --- what lwIP tells --- */

static void note_names(struct tcp_socket *socket)
{
    address_set(&socket->local, socket->base.family, &socket->pcb->local_ip, socket->pcb->local_port);
    address_set(&socket->peer, socket->base.family, &socket->pcb->remote_ip, socket->pcb->remote_port);
}

/* The PCB is somebody else's from now on, or gone. */
static void lose_pcb(struct tcp_socket *socket)
{
    predict_forget(socket->place, socket->pcb);
    socket->pcb = NULL;
}

/* tcp_socket.h */
void tcp_socket_detach_closed(struct tcp_socket *socket)
{
    struct tcp_pcb *pcb = socket->pcb;
    if (!pcb || !socket->ended || !socket->write_shut)
        return;
    lose_pcb(socket);
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_err(pcb, NULL);
}

static err_t handle_connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct tcp_socket *socket = argument;
    (void)pcb;
    (void)error; /* always ERR_OK */
    socket->connecting = false;
    note_names(socket);
    return ERR_OK;
}

/* The PCB is gone. ERR_CLSD: both sides had closed, which is no error. */
static void handle_error(void *argument, err_t error)
{
    struct tcp_socket *socket = argument;
    lose_pcb(socket);
    socket->ended = true;
    if (error != ERR_CLSD) {
        socket->base.error = error == ERR_RST && socket->connecting ? WASI_ECONNREFUSED : net_errno(error);
        ++*(socket->connecting ? &lost.failed : &lost.reset);
    }
    socket->connecting = false;
}

static void attach(struct tcp_socket *socket, struct tcp_pcb *pcb)
{
    socket->pcb = pcb;
    tcp_arg(pcb, socket);
    tcp_recv(pcb, tcp_socket_handle_received);
    tcp_err(pcb, handle_error);
}

static struct tcp_socket *socket_new(enum host_family family)
{
    struct tcp_socket *socket = net_alloc_zeroed(1, sizeof *socket);
    if (!socket)
        return NULL;
    socket->base = (struct host_socket){.protocol = &tcp_protocol, .family = family};
    socket_count++;
    return socket;
}

static void socket_free(struct tcp_socket *socket)
{
    if (!socket)
        return;
    socket_count--;
    net_free(socket);
}

/* A connection has come in. It counts against the backlog until the program accepts it. */
static err_t handle_accept(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct tcp_socket *listener = argument;
    if (error != ERR_OK || !listener)
        return ERR_VAL;
    struct tcp_socket *socket = socket_new(listener->base.family);
    if (!socket)
        return ERR_MEM; /* lwIP resets the connection */
    attach(socket, pcb);
    note_names(socket);
    socket->no_delay = listener->no_delay;
    tcp_socket_apply_no_delay(socket);
    tcp_backlog_delayed(pcb);
    static unsigned accepted;
    if (++accepted % TIME_WAIT_STEP == 0)
        tcp_forget_closed();
    if (listener->waiting)
        listener->waiting_last->next = socket;
    else
        listener->waiting = socket;
    listener->waiting_last = socket;
    listener->waiting_count++;
    return ERR_OK;
}

/* --- opening and closing --- */

uint32_t tcp_socket_open(enum host_family family, struct host_socket **opened)
{
    struct tcp_socket *socket = socket_new(family);
    struct tcp_pcb *pcb = tcp_new_ip_type(family == HOST_IPV4 ? IPADDR_TYPE_V4 : IPADDR_TYPE_ANY);
    if (!socket || !pcb) {
        socket_free(socket);
        if (pcb)
            tcp_close(pcb);
        return WASI_ENOBUFS;
    }
    attach(socket, pcb);
    *opened = &socket->base;
    return WASI_SUCCESS;
}

/* Lets go of the PCB: what was sent still goes out, then the connection ends. Where there is unread data, or no memory
 * for the FIN, the peer gets a reset. */
static void release_pcb(struct tcp_socket *socket)
{
    struct tcp_pcb *pcb = socket->pcb;
    if (!pcb)
        return;
    lose_pcb(socket);
    tcp_arg(pcb, NULL);
    if (socket->listening) {
        tcp_accept(pcb, NULL);
        tcp_close(pcb);
        return;
    }
    tcp_recv(pcb, NULL);
    tcp_err(pcb, NULL);
    if (socket->reset_on_close || tcp_close(pcb) != ERR_OK) {
        lost.reset += pcb->state >= ESTABLISHED;
        tcp_abort(pcb);
    }
}

static void close_socket(struct host_socket *base)
{
    struct tcp_socket *socket = as_tcp(base);
    while (socket->waiting) {
        struct tcp_socket *next = socket->waiting->next;
        if (socket->waiting->pcb)
            tcp_backlog_accepted(socket->waiting->pcb);
        socket->waiting->reset_on_close = true;
        close_socket(&socket->waiting->base);
        socket->waiting = next;
    }
    release_pcb(socket);
    tcp_socket_consume(socket, socket->received);
    socket_free(socket);
}

/* Port 0: any of those that this machine may choose from. */
static err_t bind_pcb(struct tcp_pcb *pcb, const ip_addr_t *ip, u16_t port)
{
    err_t error = ERR_USE;
    for (unsigned left = port ? 1 : claims_range_size(); error == ERR_USE && left > 0; left--)
        error = tcp_bind(pcb, ip, port ? port : claims_next_port());
    return error;
}

/* protocol.h */
void tcp_finish(void)
{
    predict_forget_all();
    while (tcp_listen_pcbs.listen_pcbs) {
        struct tcp_pcb *listener = tcp_listen_pcbs.pcbs;
        tcp_accept(listener, NULL);
        tcp_close(listener);
    }
    struct tcp_pcb *next;
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = next) {
        next = pcb->next;
        tcp_arg(pcb, NULL);
        tcp_recv(pcb, NULL);
        tcp_err(pcb, NULL);
        if (tcp_close(pcb) != ERR_OK)
            tcp_abort(pcb);
    }
}

static uint32_t bind_socket(struct host_socket *base, const ip_addr_t *ip, u16_t port)
{
    struct tcp_socket *socket = as_tcp(base);
    if (!socket->pcb || socket->pcb->state != CLOSED || socket->pcb->local_port != 0)
        return WASI_EINVAL;
    uint32_t claimed = claims_take(HOST_TCP, port);
    if (claimed)
        return claimed;
    bool every = IP_IS_ANY_TYPE_VAL(socket->pcb->local_ip) && ip_addr_isany(ip);
    err_t error = bind_pcb(socket->pcb, every ? IP_ANY_TYPE : ip, port);
    if (error == ERR_OK)
        address_set(&socket->local, base->family, ip, socket->pcb->local_port);
    return net_errno(error);
}

uint32_t host_socket_listen(struct host_socket *base, uint32_t backlog)
{
    struct tcp_socket *socket = as_tcp(base);
    if (base->protocol != &tcp_protocol)
        return WASI_ENOTSUP;
    if (!socket->pcb || (!socket->listening && socket->pcb->state != CLOSED))
        return WASI_EINVAL;
    backlog = backlog == 0 ? 1 : backlog > UINT8_MAX ? UINT8_MAX : backlog;
    if (socket->listening) {
        tcp_backlog_set(socket->pcb, (u8_t)backlog);
        return WASI_SUCCESS;
    }
    err_t error;
    struct tcp_pcb *listener = tcp_listen_with_backlog_and_err(socket->pcb, (u8_t)backlog, &error);
    if (!listener)
        return net_errno(error);
    socket->pcb = listener;
    socket->listening = true;
    socket->local.port = listener->local_port;
    tcp_arg(listener, socket);
    tcp_accept(listener, handle_accept);
    return WASI_SUCCESS;
}

uint32_t host_socket_accept(struct host_socket *base, struct host_socket **accepted)
{
    struct tcp_socket *socket = as_tcp(base);
    if (base->protocol != &tcp_protocol)
        return WASI_ENOTSUP;
    if (!socket->listening)
        return WASI_EINVAL;
    if (!socket->waiting)
        net_poll();
    struct tcp_socket *first = socket->waiting;
    if (!first)
        return WASI_EAGAIN;
    socket->waiting = first->next;
    socket->waiting_count--;
    first->next = NULL;
    if (first->pcb)
        tcp_backlog_accepted(first->pcb);
    *accepted = &first->base;
    return WASI_SUCCESS;
}

static uint32_t connect_socket(struct host_socket *base, const ip_addr_t *ip, u16_t port)
{
    struct tcp_socket *socket = as_tcp(base);
    if (socket->connecting)
        return WASI_EALREADY;
    if (socket->listening)
        return WASI_EINVAL;
    if (!socket->pcb)
        return base->error ? net_take_error(base) : WASI_EINVAL;
    err_t error = ERR_OK;
    if (socket->pcb->local_port == 0)
        error = bind_pcb(socket->pcb, &socket->pcb->local_ip, 0);
    if (error == ERR_OK)
        error = tcp_connect(socket->pcb, ip, port, handle_connected);
    if (error != ERR_OK)
        return net_errno(error);
    socket->connecting = true;
    note_names(socket);
    return WASI_EINPROGRESS;
}

/* --- what the program asks --- */

static uint32_t names(struct host_socket *base, struct host_address *local, struct host_address *peer)
{
    struct tcp_socket *socket = as_tcp(base);
    *local = socket->local;
    *peer = socket->peer;
    local->family = peer->family = base->family;
    return socket->peer.port == 0 || socket->connecting ? WASI_ENOTCONN : WASI_SUCCESS;
}

const struct protocol tcp_protocol = {
    .close = close_socket,
    .bind = bind_socket,
    .connect = connect_socket,
    .receive = tcp_socket_receive,
    .send = tcp_socket_send,
    .shutdown = tcp_socket_shutdown,
    .look = tcp_socket_look,
    .names = names,
    .set = tcp_socket_set,
    .get = tcp_socket_get,
};
