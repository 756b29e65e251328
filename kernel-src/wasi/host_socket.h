/* host_socket.h: what the functions on sockets ask of the system below them, beside host.h.
 *
 * No function waits, but for host_resolve. What cannot be done now is WASI_EAGAIN, or WASI_EINPROGRESS for a
 * connection: host_wait (host.h) says when to try again. Functions return an enum wasi_errno. Nothing here is linked
 * into a program that imports no function on sockets. */
#ifndef WASI_HOST_SOCKET_H
#define WASI_HOST_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wasi/host.h"

struct host_socket; /* known to the system only, and never NULL */

enum host_family { HOST_IPV4, HOST_IPV6 };
enum host_protocol { HOST_TCP, HOST_UDP };

/* IPv4 uses the first four bytes, the others are zero. IPv4 peers of an IPv6 socket have mapped addresses (RFC 4291,
 * section 2.5.5.2). */
struct host_address {
    enum host_family family;
    uint8_t bytes[16]; /* network order */
    uint16_t port;     /* host order */
};

enum host_shutdown { HOST_SHUT_READ = 1, HOST_SHUT_WRITE = 2 };

enum host_option { /* 0 or 1, if nothing else is said */
                   HOST_REUSE_ADDRESS,
                   HOST_KEEP_ALIVE,
                   HOST_BROADCAST,
                   HOST_NO_DELAY,
                   HOST_V6_ONLY,
                   HOST_LINGER,         /* seconds, to set only; -1: none. 0: closing resets the connection */
                   HOST_SEND_BUFFER,    /* bytes; a system may round, or take no notice */
                   HOST_RECEIVE_BUFFER, /* bytes, likewise */
};

/* A new socket, which the caller closes. WASI_ENOBUFS: the system has no room for one more. */
uint32_t host_socket_open(enum host_family family, enum host_protocol protocol, struct host_socket **socket);
void host_socket_close(struct host_socket *socket);

/* Gives it an address of its own, of its family; port 0 is any that is free. WASI_EADDRINUSE. */
uint32_t host_socket_bind(struct host_socket *socket, const struct host_address *address);

/* Listens for connections, `backlog` of which may wait, and takes the one that came first: its socket is the caller's
 * to close. */
uint32_t host_socket_listen(struct host_socket *socket, uint32_t backlog);
uint32_t host_socket_accept(struct host_socket *socket, struct host_socket **accepted);

/* For TCP WASI_EINPROGRESS, unless it is settled at once: the socket becomes writable when it is, and
 * host_socket_error says how. */
uint32_t host_socket_connect(struct host_socket *socket, const struct host_address *address);

/* What of a receive comes beside the bytes. */
struct host_received {
    size_t size;               /* bytes put into the slices; for TCP 0 at the end of the peer's data */
    bool truncated;            /* the datagram was longer, and the rest is lost */
    struct host_address *from; /* set by the caller: where to put the sender, or NULL */
};

/* With `peek` the data stays to be received again. */
uint32_t host_socket_receive(struct host_socket *socket, const struct host_slice *slices, size_t count, bool peek,
                             struct host_received *received);

/* Sends as much as there is room for, a datagram whole or not at all. `to` is NULL for a connected socket. */
uint32_t host_socket_send(struct host_socket *socket, const struct host_slice *slices, size_t count,
                          const struct host_address *to, size_t *sent);

uint32_t host_socket_shutdown(struct host_socket *socket, unsigned how); /* bits of enum host_shutdown */

/* The error that ended the connection, or the try to make one; once, then 0. */
uint32_t host_socket_error(struct host_socket *socket);

/* The addresses of its two ends. */
uint32_t host_socket_local(struct host_socket *socket, struct host_address *address);
uint32_t host_socket_peer(struct host_socket *socket, struct host_address *address); /* WASI_ENOTCONN */

/* WASI_ENOPROTOOPT for what the system or this kind of socket does not have. */
uint32_t host_socket_set(struct host_socket *socket, enum host_option option, int32_t value);
uint32_t host_socket_get(struct host_socket *socket, enum host_option option, int32_t *value);

/* The addresses of a host, ports 0: up to `max` of them, *count says how many. Waits for an answer. WASI_ENOENT: there
 * is no such name, or it has no address of this family. WASI_EAGAIN: no name server answers. */
uint32_t host_resolve(const char *name, enum host_family family, struct host_address *addresses, size_t max,
                      size_t *count);

#endif
