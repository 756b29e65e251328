/* tcp_data.c: what a TCP socket receives and sends, and whether it can. */
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#include "net/tcp_socket.h"
#include "wasi/types.h"

enum { MSS_LEAST = 64 };           /* whatever a peer says: segments of a byte would cost a hundred times their data */
enum { WRITE_MAX = 16 * TCP_MSS }; /* bytes for lwIP at once: it takes all or, short of memory, none */

/* --- receiving --- */

err_t tcp_socket_handle_received(void *argument, struct tcp_pcb *pcb, struct pbuf *pbuf, err_t error)
{
    struct tcp_socket *socket = argument;
    (void)error; /* always ERR_OK */
    if (!pbuf) {
        socket->ended = true;
        tcp_socket_detach_closed(socket);
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

void tcp_socket_consume(struct tcp_socket *socket, size_t size)
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

uint32_t tcp_socket_receive(struct host_socket *base, const struct host_slice *slices, size_t count, bool peek,
                            struct host_received *received)
{
    struct tcp_socket *socket = as_tcp(base);
    if (received->from)
        *received->from = socket->peer;
    if (socket->received > 0) {
        size_t room = host_slices_size(slices, count);
        received->size = copy_received(socket, slices, count, room < socket->received ? room : socket->received);
        if (!peek) {
            tcp_socket_consume(socket, received->size);
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

/* --- sending --- */

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

uint32_t tcp_socket_send(struct host_socket *base, const struct host_slice *slices, size_t count, const ip_addr_t *ip,
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
    return *sent > 0 || host_slices_size(slices, count) == 0 ? WASI_SUCCESS : WASI_EAGAIN;
}

/* --- both --- */

uint32_t tcp_socket_shutdown(struct host_socket *base, unsigned how)
{
    struct tcp_socket *socket = as_tcp(base);
    if (!socket->pcb || socket->listening || socket->connecting || socket->pcb->state == CLOSED)
        return WASI_ENOTCONN;
    if (how & HOST_SHUT_READ) {
        size_t unread = socket->received;
        socket->read_shut = true;
        tcp_socket_consume(socket, unread);
        open_window(socket, unread);
    }
    if (how & HOST_SHUT_WRITE && !socket->write_shut) {
        /* Not the reading side: lwIP would reset the connection at the next data. */
        err_t error = tcp_shutdown(socket->pcb, 0, 1);
        if (error != ERR_OK)
            return net_errno(error);
        socket->write_shut = true;
        tcp_socket_detach_closed(socket);
    }
    return WASI_SUCCESS;
}

static bool has_room(const struct tcp_pcb *pcb)
{
    return tcp_sndbuf(pcb) > TCP_SNDLOWAT && tcp_sndqueuelen(pcb) < TCP_SNDQUEUELOWAT && room_in_last(pcb) >= 0;
}

void tcp_socket_look(const struct host_socket *base, struct host_watch *watch)
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
