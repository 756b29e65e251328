/* tcp_socket.h: a TCP socket, for the files that deal with one: tcp.c has its life, tcp_data.c what it carries,
 * tcp_option.c its options. tcp_list.c goes through lwIP's lists of
 * connections, of which some are no socket's. */
#ifndef NET_TCP_SOCKET_H
#define NET_TCP_SOCKET_H

#include <lwip/tcp.h>

#include "net/protocol.h"

/* lwIP owns a connection's control block (PCB) until it calls back with an error: from then on it is gone, and `pcb`
 * is NULL. What it received is queued as it came, as a list of buffers through their `next`; their `tot_len`, which has
 * 16 bits, means nothing in there. */
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

static inline struct tcp_socket *as_tcp(struct host_socket *socket)
{
    return (struct tcp_socket *)socket;
}

/* Both sides have closed: what is left to do lwIP does by itself. It tells nobody when it frees a PCB in TIME-WAIT, so
 * no socket may have one. */
void tcp_socket_detach_closed(struct tcp_socket *socket);

/* lwIP's callback: data, or without a buffer the end of them. A connection that has it is of a socket. */
err_t tcp_socket_handle_received(void *socket, struct tcp_pcb *pcb, struct pbuf *pbuf, err_t error);

/* Frees the first `size` bytes of what was received. */
void tcp_socket_consume(struct tcp_socket *socket, size_t size);

/* Has the PCB send small segments at once, or wait, as the socket is set. */
void tcp_socket_apply_no_delay(struct tcp_socket *socket);

/* Of protocol.h's struct protocol. */
uint32_t tcp_socket_receive(struct host_socket *socket, const struct host_slice *slices, size_t count, bool peek,
                            struct host_received *received);
uint32_t tcp_socket_send(struct host_socket *socket, const struct host_slice *slices, size_t count, const ip_addr_t *ip,
                         u16_t port, size_t *sent);
uint32_t tcp_socket_shutdown(struct host_socket *socket, unsigned how);
void tcp_socket_look(const struct host_socket *socket, struct host_watch *watch);
uint32_t tcp_socket_set(struct host_socket *socket, enum host_option option, int32_t value);
uint32_t tcp_socket_get(struct host_socket *socket, enum host_option option, int32_t *value);

#endif
