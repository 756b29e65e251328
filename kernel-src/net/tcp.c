/* tcp.c: TCP sockets.
 *
 * lwIP owns a connection's control block (PCB) until it calls back with an error: from then on it is gone, and `pcb`
 * is NULL. What it received is queued as it came, as a list of buffers through their `next`; their `tot_len`, which has
 * 16 bits, means nothing in there. */
#include <mewz/metrics.h>

#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#include "hooks.h"
#include "net/claims.h"
#include "net/memory.h"
#include "net/net.h"
#include "net/predict.h"
#include "net/protocol.h"
#include "wasi/types.h"

enum { MSS_LEAST = 64 };           /* whatever a peer says: segments of a byte would cost a hundred times their data */
enum { WRITE_MAX = 16 * TCP_MSS }; /* bytes for lwIP at once: it takes all or, short of memory, none */
enum {
    TIME_WAIT_MAX = 128,
    TIME_WAIT_STEP = 32
}; /* connections that are remembered; that come before a look at them */

struct tcp_socket {
    struct host_socket base;
    struct tcp_pcb *pcb; /* NULL: the connection is over */
    unsigned place;      /* of predict.h, where the PCB may be */
    bool listening;
    bool connecting;
    bool ended;                 /* the peer sends no more */
    bool read_shut, write_shut; /* by the program */
    bool reset_on_close;
    bool no_delay;             /* for a listening socket: of the connections that it accepts */
    struct pbuf *first, *last; /* received */
    size_t received;           /* bytes in there */
    /* Connections that wait to be accepted, oldest first; in each the next one. */
    struct tcp_socket *waiting, *waiting_last, *next;
    unsigned waiting_count;
    struct host_address local, peer; /* of a connection */
};

static uint32_t socket_count; /* open ones, those that wait to be accepted included */
MEWZ_METRIC(sockets, "tcp.sockets", socket_count);

/* lwIP counts every connection that is closed as one that was reset. */
static struct {
    uint32_t failed, reset;
} lost;
MEWZ_METRIC(failed, "tcp.connections_failed", lost.failed);
MEWZ_METRIC(reset, "tcp.connections_reset", lost.reset);

static struct tcp_socket *as_tcp(struct host_socket *socket)
{
    return (struct tcp_socket *)socket;
}

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

/* Both sides have closed: what is left to do lwIP does by itself. It tells nobody when it frees a PCB in TIME-WAIT, so
 * no socket may have one. */
static void detach_closed(struct tcp_socket *socket)
{
    struct tcp_pcb *pcb = socket->pcb;
    if (!pcb || !socket->ended || !socket->write_shut)
        return;
    lose_pcb(socket);
    tcp_arg(pcb, NULL);
    tcp_recv(pcb, NULL);
    tcp_err(pcb, NULL);
}

static err_t handle_received(void *argument, struct tcp_pcb *pcb, struct pbuf *pbuf, err_t error)
{
    struct tcp_socket *socket = argument;
    (void)error; /* always ERR_OK */
    if (!pbuf) {
        socket->ended = true;
        detach_closed(socket);
        return ERR_OK;
    }
    if (socket->read_shut) {
        tcp_recved(pcb, pbuf->tot_len);
        pbuf_free(pbuf);
        return ERR_OK;
    }
    socket->received += pbuf->tot_len;
    if (socket->last)
        socket->last->next = pbuf;
    else
        socket->first = pbuf;
    while (pbuf->next)
        pbuf = pbuf->next;
    socket->last = pbuf;
    return ERR_OK;
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
    tcp_recv(pcb, handle_received);
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

/* A listening PCB is shorter than others: it has no such flag. */
static void apply_no_delay(struct tcp_socket *socket)
{
    if (socket->listening)
        return;
    if (socket->no_delay)
        tcp_nagle_disable(socket->pcb);
    else
        tcp_nagle_enable(socket->pcb);
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
    apply_no_delay(socket);
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

/* Both ports of a connection, which lie side by side, as one number: this is looked at more often than anything else.
 */
static uint32_t ports_of(const struct tcp_pcb *pcb)
{
    uint32_t ports;
    _Static_assert(offsetof(struct tcp_pcb, remote_port) == offsetof(struct tcp_pcb, local_port) + sizeof(u16_t), "");
    __builtin_memcpy(&ports, (const char *)pcb + offsetof(struct tcp_pcb, local_port), sizeof ports);
    return ports;
}

/* The next segments of a connection of ours are likely to be as expected. */
static void expect_more(struct tcp_pcb *pcb)
{
    if (pcb->state == ESTABLISHED && pcb->recv == handle_received)
        ((struct tcp_socket *)pcb->callback_arg)->place = predict_remember(pcb);
}

/* protocol.h */
void tcp_bring_forward(u16_t remote_port, u16_t local_port)
{
    uint32_t ports = (uint32_t)remote_port << 16 | local_port;
    struct tcp_pcb *before = NULL, *pcb = tcp_active_pcbs;
    while (pcb && ports_of(pcb) != ports) {
        before = pcb;
        pcb = pcb->next;
    }
    if (pcb)
        expect_more(pcb);
    if (!pcb || !before)
        return;
    before->next = pcb->next;
    pcb->next = tcp_active_pcbs;
    tcp_active_pcbs = pcb;
}

/* protocol.h. The addresses' zones are not compared: there is one network. */
void tcp_begin_again(const ip_addr_t *from, const struct tcp_hdr *header)
{
    uint32_t ports = (uint32_t)lwip_ntohs(header->src) << 16 | lwip_ntohs(header->dest);
    struct tcp_pcb **at = &tcp_tw_pcbs, *pcb;
    while ((pcb = *at) != NULL && (ports_of(pcb) != ports || !ip_addr_cmp_zoneless(&pcb->remote_ip, from)))
        at = &pcb->next;
    if (!pcb || !TCP_SEQ_GT(lwip_ntohl(header->seqno), pcb->rcv_nxt))
        return;
    *at = pcb->next;
    memp_free(MEMP_TCP_PCB, pcb);
}

/* protocol.h. The oldest are at the end of the list, and hold nothing but themselves (tcp_pcb_purge). */
void tcp_forget_closed(void)
{
    struct tcp_pcb **at = &tcp_tw_pcbs, *next;
    for (unsigned count = 0; *at && count < TIME_WAIT_MAX; count++)
        at = &(*at)->next;
    struct tcp_pcb *pcb = *at;
    *at = NULL;
    for (; pcb; pcb = next) {
        next = pcb->next;
        memp_free(MEMP_TCP_PCB, pcb);
    }
}

/* What was received ahead and lies behind the peer's FIN goes. */
static void cut_behind_fin(struct tcp_pcb *pcb)
{
    struct tcp_seg *last = pcb->ooseq;
    while (last && !(TCPH_FLAGS(last->tcphdr) & TCP_FIN))
        last = last->next;
    if (last) {
        tcp_segs_free(last->next);
        last->next = NULL;
    }
}

/* hooks.h. lwIP asserts of a peer that what it sends ends with its FIN, and that a connection that it began does not
 * begin again within a segment that acknowledges ours (RFC 9293, 3.10.7.4, would have us acknowledge and drop that). */
err_t net_check_segment(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    if (pcb->state == LISTEN)
        return ERR_OK;
    cut_behind_fin(pcb);
    bool begins_again = (TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
    return pcb->state == SYN_RCVD && begins_again ? ERR_VAL : ERR_OK;
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

/* Frees the first `size` bytes of what was received. */
static void consume(struct tcp_socket *socket, size_t size)
{
    socket->received -= size;
    while (size > 0) {
        struct pbuf *pbuf = socket->first;
        if (size < pbuf->len) {
            pbuf_remove_header(pbuf, size);
            return;
        }
        size -= pbuf->len;
        socket->first = pbuf->next;
        pbuf->next = NULL;
        pbuf_free(pbuf);
    }
    if (socket->received == 0)
        socket->last = NULL;
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
    consume(socket, socket->received);
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

bool tcp_is_sending(void)
{
    const struct tcp_pcb *pcb = tcp_active_pcbs;
    while (pcb && !pcb->unsent && !pcb->unacked)
        pcb = pcb->next;
    return pcb != NULL;
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

/* --- data --- */

/* Copies from what was received, and leaves it there. */
static size_t copy_received(const struct tcp_socket *socket, const struct host_slice *slices, size_t count, size_t size)
{
    size_t copied = 0;
    for (const struct pbuf *pbuf = socket->first; pbuf && copied < size; pbuf = pbuf->next) {
        size_t part = size - copied < pbuf->len ? size - copied : pbuf->len;
        slices_fill(slices, count, copied, pbuf->payload, part);
        copied += part;
    }
    return copied;
}

/* The peer may send so much more. */
static void open_window(struct tcp_socket *socket, size_t size)
{
    while (socket->pcb && size > 0) {
        u16_t part = size < UINT16_MAX ? (u16_t)size : UINT16_MAX;
        tcp_recved(socket->pcb, part);
        size -= part;
    }
}

static uint32_t receive(struct host_socket *base, const struct host_slice *slices, size_t count, bool peek,
                        struct host_received *received)
{
    struct tcp_socket *socket = as_tcp(base);
    if (received->from)
        *received->from = socket->peer;
    if (socket->received > 0) {
        size_t room = slices_size(slices, count);
        received->size = copy_received(socket, slices, count, room < socket->received ? room : socket->received);
        if (!peek) {
            consume(socket, received->size);
            open_window(socket, received->size);
        }
        return WASI_SUCCESS;
    }
    if (base->error)
        return net_take_error(base);
    if (socket->ended || socket->read_shut)
        return WASI_SUCCESS;
    if (socket->listening || !socket->pcb || socket->pcb->state == CLOSED)
        return WASI_ENOTCONN;
    return WASI_EAGAIN;
}

/* How many more bytes the last unsent segment could have; negative if it is too long already. lwIP fills it up, and
 * asserts that it is not longer than new ones would be, and its buffer neither. A peer that says another MSS, or shows
 * a first and small window, makes those shorter; then the last one must leave first. */
static int32_t room_in_last(const struct tcp_pcb *pcb)
{
    u16_t half_window = TCPWND_MIN16(pcb->snd_wnd_max / 2);
    u16_t limit = half_window && half_window < pcb->mss ? half_window : pcb->mss;
    const struct tcp_seg *last = pcb->unsent;
    if (!last || limit >= TCP_MSS)
        return INT32_MAX;
    while (last->next)
        last = last->next;
    return (int32_t)limit - last->len;
}

/* Hands bytes to lwIP, which copies them into segments, as far as there is room. */
static size_t write_bytes(struct tcp_pcb *pcb, const char *bytes, size_t size)
{
    size_t done = 0;
    int32_t room;
    if (pcb->mss < MSS_LEAST)
        pcb->mss = MSS_LEAST;
    while (done < size && (room = room_in_last(pcb)) >= 0) {
        if (pcb->unsent_oversize > room)
            pcb->unsent_oversize = (u16_t)room;
        size_t part = size - done;
        if (part > WRITE_MAX)
            part = WRITE_MAX;
        if (part > tcp_sndbuf(pcb))
            part = tcp_sndbuf(pcb);
        if (part == 0 || tcp_write(pcb, bytes + done, (u16_t)part, TCP_WRITE_FLAG_COPY) != ERR_OK)
            break;
        done += part;
    }
    return done;
}

static uint32_t send(struct host_socket *base, const struct host_slice *slices, size_t count, const ip_addr_t *ip,
                     u16_t port, size_t *sent)
{
    struct tcp_socket *socket = as_tcp(base);
    (void)port;
    if (base->error)
        return net_take_error(base);
    if (ip)
        return WASI_EISCONN;
    if (socket->write_shut || (!socket->pcb && socket->ended))
        return WASI_EPIPE;
    if (!socket->pcb || socket->listening || socket->pcb->state == CLOSED)
        return WASI_ENOTCONN;
    if (socket->connecting)
        return WASI_EAGAIN;
    for (size_t i = 0; i < count; i++) {
        size_t written = write_bytes(socket->pcb, slices[i].data, slices[i].size);
        *sent += written;
        if (written < slices[i].size)
            break;
    }
    tcp_output(socket->pcb);
    return *sent > 0 || slices_size(slices, count) == 0 ? WASI_SUCCESS : WASI_EAGAIN;
}

static uint32_t shutdown_socket(struct host_socket *base, unsigned how)
{
    struct tcp_socket *socket = as_tcp(base);
    if (!socket->pcb || socket->listening || socket->connecting || socket->pcb->state == CLOSED)
        return WASI_ENOTCONN;
    if (how & HOST_SHUT_READ) {
        size_t unread = socket->received;
        socket->read_shut = true;
        consume(socket, unread);
        open_window(socket, unread);
    }
    if (how & HOST_SHUT_WRITE && !socket->write_shut) {
        /* Not the reading side: lwIP would reset the connection at the next data. */
        err_t error = tcp_shutdown(socket->pcb, 0, 1);
        if (error != ERR_OK)
            return net_errno(error);
        socket->write_shut = true;
        detach_closed(socket);
    }
    return WASI_SUCCESS;
}

/* --- what the program asks --- */

static bool has_room(const struct tcp_pcb *pcb)
{
    return tcp_sndbuf(pcb) > TCP_SNDLOWAT && tcp_sndqueuelen(pcb) < TCP_SNDQUEUELOWAT && room_in_last(pcb) >= 0;
}

static void look(const struct host_socket *base, struct host_watch *watch)
{
    const struct tcp_socket *socket = (const struct tcp_socket *)base;
    watch->bytes = socket->listening ? socket->waiting_count : socket->received;
    watch->ready = watch->bytes > 0 ? HOST_READABLE : 0;
    if (socket->listening)
        return;
    if (socket->ended || socket->read_shut)
        watch->ready |= HOST_READABLE | HOST_END;
    /* CLOSED: neither connected nor trying. */
    if (!socket->pcb || socket->pcb->state == CLOSED || (socket->ended && socket->write_shut))
        watch->ready |= HOST_READABLE | HOST_WRITABLE | HOST_HANGUP;
    else if (watch->wanted & HOST_WRITABLE && !socket->connecting && (socket->write_shut || has_room(socket->pcb)))
        watch->ready |= HOST_WRITABLE;
}

static uint32_t names(struct host_socket *base, struct host_address *local, struct host_address *peer)
{
    struct tcp_socket *socket = as_tcp(base);
    *local = socket->local;
    *peer = socket->peer;
    local->family = peer->family = base->family;
    return socket->peer.port == 0 || socket->connecting ? WASI_ENOTCONN : WASI_SUCCESS;
}

static void set_flag(struct tcp_pcb *pcb, u8_t flag, bool on)
{
    if (on)
        ip_set_option(pcb, flag);
    else
        ip_reset_option(pcb, flag);
}

static uint32_t set(struct host_socket *base, enum host_option option, int32_t value)
{
    struct tcp_socket *socket = as_tcp(base);
    struct tcp_pcb *pcb = socket->pcb;
    if (option == HOST_LINGER) {
        socket->reset_on_close = value == 0;
        return WASI_SUCCESS;
    }
    if (!pcb)
        return WASI_EINVAL;
    switch (option) {
    case HOST_REUSE_ADDRESS:
        set_flag(pcb, SOF_REUSEADDR, value);
        return WASI_SUCCESS;
    case HOST_KEEP_ALIVE:
        set_flag(pcb, SOF_KEEPALIVE, value);
        return WASI_SUCCESS;
    case HOST_V6_ONLY:
        if (base->family != HOST_IPV6 || socket->listening || pcb->state != CLOSED || pcb->local_port != 0)
            return WASI_EINVAL;
        IP_SET_TYPE_VAL(pcb->local_ip, value ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY);
        IP_SET_TYPE_VAL(pcb->remote_ip, value ? IPADDR_TYPE_V6 : IPADDR_TYPE_ANY);
        return WASI_SUCCESS;
    case HOST_NO_DELAY:
        socket->no_delay = value;
        apply_no_delay(socket);
        return WASI_SUCCESS;
    case HOST_SEND_BUFFER: /* both grow with need, up to lwipopts.h's */
    case HOST_RECEIVE_BUFFER:
        return WASI_SUCCESS;
    default:
        return WASI_ENOPROTOOPT;
    }
}

static uint32_t get(struct host_socket *base, enum host_option option, int32_t *value)
{
    const struct tcp_socket *socket = as_tcp(base);
    const struct tcp_pcb *pcb = socket->pcb;
    switch (option) {
    case HOST_REUSE_ADDRESS:
        *value = pcb && ip_get_option(pcb, SOF_REUSEADDR) != 0;
        return WASI_SUCCESS;
    case HOST_KEEP_ALIVE:
        *value = pcb && ip_get_option(pcb, SOF_KEEPALIVE) != 0;
        return WASI_SUCCESS;
    case HOST_V6_ONLY:
        *value = pcb && IP_IS_V6_VAL(pcb->local_ip) && !IP_IS_ANY_TYPE_VAL(pcb->local_ip);
        return WASI_SUCCESS;
    case HOST_NO_DELAY:
        *value = socket->no_delay;
        return WASI_SUCCESS;
    case HOST_SEND_BUFFER:
        *value = TCP_SND_BUF;
        return WASI_SUCCESS;
    case HOST_RECEIVE_BUFFER:
        *value = TCP_WND;
        return WASI_SUCCESS;
    default:
        return WASI_ENOPROTOOPT;
    }
}

const struct protocol tcp_protocol = {
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
