/* sockets.h: the functions that WasmEdge added to WASI, so that a program can make sockets by itself. They return an
 * error number of <errno.h>, 0 for success. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <stdint.h>

#define WASI_SOCKET(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

enum { FAMILY_INET4 = 1, FAMILY_INET6 = 2 };
enum { TYPE_DGRAM = 1, TYPE_STREAM = 2 };

struct socket_address {
    const uint8_t *bytes; /* of the address, in network order */
    uint32_t size;        /* 4 or 16 */
};

uint32_t sock_open(uint32_t family, uint32_t type, int *fd) WASI_SOCKET(sock_open);
uint32_t sock_bind(int fd, const struct socket_address *address, uint32_t port) WASI_SOCKET(sock_bind);
uint32_t sock_listen(int fd, uint32_t backlog) WASI_SOCKET(sock_listen);
uint32_t sock_accept(int fd, int *accepted) WASI_SOCKET(sock_accept);
uint32_t sock_setsockopt(int fd, uint32_t level, uint32_t name, const void *value, uint32_t size)
    WASI_SOCKET(sock_setsockopt);

#endif
