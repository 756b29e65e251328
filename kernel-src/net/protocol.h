/* protocol.h: what TCP and UDP sockets share, and what each does in its own way. For socket.c, udp.c and
 * what is named tcp. */
#ifndef NET_PROTOCOL_H
#define NET_PROTOCOL_H

#include <lwip/err.h>
#include <lwip/ip_addr.h>

#include "wasi/host_socket.h"

/* The functions of wasi/host_socket.h. Addresses are lwIP's here; where a datagram goes may be NULL. */
struct protocol {
    void (*close)(struct host_socket *socket);
    uint32_t (*bind)(struct host_socket *socket, const ip_addr_t *ip, u16_t port);
    uint32_t (*connect)(struct host_socket *socket, const ip_addr_t *ip, u16_t port);
    uint32_t (*receive)(struct host_socket *socket, const struct host_slice *slices, size_t count, bool peek,
                        struct host_received *received);
    uint32_t (*send)(struct host_socket *socket, const struct host_slice *slices, size_t count, const ip_addr_t *ip,
                     u16_t port, size_t *sent);
    uint32_t (*shutdown)(struct host_socket *socket, unsigned how);
    /* What can be done now: fills in `ready`, of HOST_WRITABLE only if it is wanted and but for HOST_ERROR, and
     * `bytes`. */
    void (*look)(const struct host_socket *socket, struct host_watch *watch);
    uint32_t (*names)(struct host_socket *socket, struct host_address *local, struct host_address *peer);
    uint32_t (*set)(struct host_socket *socket, enum host_option option, int32_t value);
    uint32_t (*get)(struct host_socket *socket, enum host_option option, int32_t *value);
};

/* The beginning of every socket. */
struct host_socket {
    const struct protocol *protocol;
    enum host_family family;
    uint32_t error; /* that ended the connection and has not been fetched */
};

extern const struct protocol tcp_protocol, udp_protocol;

uint32_t tcp_socket_open(enum host_family family, struct host_socket **socket);
uint32_t udp_socket_open(enum host_family family, struct host_socket **socket);

/* A segment has come for such a connection, and was not what it expected (predict.h), or is its first. lwIP looks for a
 * connection along a list and brings what it has found to the front; this does the same before in a third of the time,
 * which is what most of a segment costs where there are hundreds of connections. Of several connections with these
 * ports any may be taken: it is a matter of time alone. */
void tcp_bring_forward(u16_t remote_port, u16_t local_port);

/* A connection is asked for, with such a header. If it was closed here and is remembered, and this is a new beginning
 * of it, it is forgotten (RFC 9293, section 3.10.7.4, TIME-WAIT state): lwIP would refuse it, or let it wait for two
 * minutes. */
struct tcp_hdr;
void tcp_begin_again(const ip_addr_t *from, const struct tcp_hdr *header);

/* Connections that were closed here are remembered for a while (RFC 9293, section 3.4.1), and lwIP goes through all of
 * them for every new one. So of more than a hundred or so the oldest are forgotten. */
void tcp_forget_closed(void);

/* Closes all connections and stops listening; no socket may be used any more. True as long as the other sides have not
 * acknowledged everything. */
void tcp_finish(void);
bool tcp_is_sending(void);

/* Returns the error and forgets it. */
uint32_t net_take_error(struct host_socket *socket);

/* lwIP's errors as WASI's. */
uint32_t net_errno(err_t error);

/* An address as a socket of that family shows it. */
void address_set(struct host_address *address, enum host_family family, const ip_addr_t *ip, u16_t port);

/* Copies up to `size` bytes to the slices, skipping the first `skip` bytes of them. */
void slices_fill(const struct host_slice *slices, size_t count, size_t skip, const void *bytes, size_t size);

#endif
