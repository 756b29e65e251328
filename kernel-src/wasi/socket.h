/* socket.h: sockets as a kind of descriptor. Only the functions that make sockets refer to it, so that the others
 * (sock_recv) bring no network into a program that cannot have a socket. */
#ifndef WASI_SOCKET_H
#define WASI_SOCKET_H

#include "wasi/fd.h"

extern const struct fd_kind socket_kind;

/* Makes a descriptor that fd_open gave out the one of a socket, with all rights that a socket can have. */
void socket_fill(struct fd *fd, struct host_socket *socket, const struct fd_socket *about, uint16_t flags);

/* The end of a call that may take so many nanoseconds; 0: it may take for ever. */
uint64_t socket_deadline(uint64_t timeout);

/* For a blocking socket, waits until it is ready for `wanted` (enum host_ready). WASI_EAGAIN at the deadline, or if the
 * socket does not block. */
uint32_t socket_wait(struct fd *fd, uint8_t wanted, uint64_t deadline);

/* The socket's error, once; then 0. */
uint32_t socket_take_error(struct fd *fd);

#endif
