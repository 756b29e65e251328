/* wasmedge.h: WasmEdge's functions on sockets, in both versions, for guests. They return an errno of <errno.h>. */
#ifndef WASMEDGE_H
#define WASMEDGE_H

#include <stdint.h>

#define IMPORT(name) __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))

enum { INET4 = 1, INET6 = 2 };
enum { DGRAM = 1, STREAM = 2 };
enum { SO_REUSEADDR_ = 0, SO_TYPE_ = 1, SO_ERROR_ = 2, SO_LINGER_ = 9, SO_RCVTIMEO_ = 11, SO_ACCEPTCONN_ = 13 };

struct address {
    uint8_t *bytes;
    uint32_t size;
};

struct buffer {
    void *bytes;
    uint32_t size;
};

struct sockaddr_ {
    uint8_t family;
    uint32_t size;
    uint8_t *data;
};

struct addrinfo_ {
    uint16_t flags;
    uint8_t family, type, protocol;
    uint32_t address_size;
    struct sockaddr_ *address;
    char *canonical_name;
    uint32_t canonical_name_size;
    struct addrinfo_ *next;
};

uint32_t sock_open(uint32_t family, uint32_t type, int *fd) IMPORT(sock_open);
uint32_t sock_bind(int fd, const struct address *address, uint32_t port) IMPORT(sock_bind);
uint32_t sock_listen(int fd, uint32_t backlog) IMPORT(sock_listen);
uint32_t sock_accept(int fd, int *accepted) IMPORT(sock_accept);
uint32_t sock_accept_official(int fd, uint32_t flags, int *accepted) IMPORT(sock_accept);
uint32_t sock_connect(int fd, const struct address *address, uint32_t port) IMPORT(sock_connect);
uint32_t sock_recv(int fd, const struct buffer *buffers, uint32_t count, uint32_t flags, uint32_t *size,
                   uint16_t *out_flags) IMPORT(sock_recv);
uint32_t sock_recv_from(int fd, const struct buffer *buffers, uint32_t count, const struct address *address,
                        uint32_t flags, uint32_t *size, uint16_t *out_flags) IMPORT(sock_recv_from);
uint32_t sock_recv_from_v2(int fd, const struct buffer *buffers, uint32_t count, const struct address *address,
                           uint32_t flags, uint16_t *port, uint32_t *size, uint16_t *out_flags)
    IMPORT(sock_recv_from_v2);
uint32_t sock_send(int fd, const struct buffer *buffers, uint32_t count, uint32_t flags, uint32_t *size)
    IMPORT(sock_send);
uint32_t sock_send_to(int fd, const struct buffer *buffers, uint32_t count, const struct address *address,
                      uint32_t port, uint32_t flags, uint32_t *size) IMPORT(sock_send_to);
uint32_t sock_shutdown(int fd, uint32_t how) IMPORT(sock_shutdown);
uint32_t sock_setsockopt(int fd, uint32_t level, uint32_t name, const void *value, uint32_t size)
    IMPORT(sock_setsockopt);
uint32_t sock_getsockopt(int fd, uint32_t level, uint32_t name, void *value, uint32_t *size) IMPORT(sock_getsockopt);
uint32_t sock_getlocaladdr(int fd, const struct address *address, uint32_t *type, uint32_t *port)
    IMPORT(sock_getlocaladdr);
uint32_t sock_getpeeraddr_v2(int fd, const struct address *address, uint32_t *port) IMPORT(sock_getpeeraddr_v2);
uint32_t sock_getaddrinfo(const char *node, uint32_t node_size, const char *service, uint32_t service_size,
                          const struct addrinfo_ *hints, struct addrinfo_ **list, uint32_t max, uint32_t *count)
    IMPORT(sock_getaddrinfo);

#endif
