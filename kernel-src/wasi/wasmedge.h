/* wasmedge.h: the numbers and structures of WasmEdge's functions on sockets (its thirdparty/wasi/api.hpp), and the
 * functions themselves, which it added to wasi_snapshot_preview1.
 *
 * There are two versions of them, which differ in how addresses travel: version 1 has buffers of 4 or 16 bytes, version
 * 2 such of 128 bytes with the family in front. Either version's functions take both kinds of buffers here, told apart
 * by their size. docs/sockets.md is the user's description. */
#ifndef WASI_WASMEDGE_H
#define WASI_WASMEDGE_H

#include <stdint.h>

#include "wasi/preview1.h"

enum wasi_family { WASI_FAMILY_ANY = 0, WASI_FAMILY_INET4 = 1, WASI_FAMILY_INET6 = 2 };

enum wasi_socktype { WASI_SOCKTYPE_ANY = 0, WASI_SOCKTYPE_DGRAM = 1, WASI_SOCKTYPE_STREAM = 2 };

enum wasi_ipproto { WASI_IPPROTO_IP = 0, WASI_IPPROTO_TCP = 1, WASI_IPPROTO_UDP = 2 };

/* Levels of options: WasmEdge has its own number for the socket's; the other two are those of wasi-libc's headers. */
enum wasi_sockopt_level { WASI_SOL_SOCKET = 0, WASI_SOL_TCP = 6, WASI_SOL_IPV6 = 41 };

enum wasi_sockopt {
    WASI_SO_REUSEADDR = 0,
    WASI_SO_TYPE = 1,
    WASI_SO_ERROR = 2,
    WASI_SO_BROADCAST = 4,
    WASI_SO_SNDBUF = 5,
    WASI_SO_RCVBUF = 6,
    WASI_SO_KEEPALIVE = 7,
    WASI_SO_LINGER = 9,
    WASI_SO_RCVTIMEO = 11,
    WASI_SO_SNDTIMEO = 12,
    WASI_SO_ACCEPTCONN = 13,
    WASI_TCP_NODELAY = 1,  /* of WASI_SOL_TCP */
    WASI_IPV6_V6ONLY = 26, /* of WASI_SOL_IPV6 */
};

enum wasi_aiflags {
    WASI_AI_PASSIVE = 1 << 0,
    WASI_AI_CANONNAME = 1 << 1,
    WASI_AI_NUMERICHOST = 1 << 2,
    WASI_AI_NUMERICSERV = 1 << 3,
    WASI_AI_FLAGS = (1 << 7) - 1,
};

enum wasi_aierrno { /* they go on where enum wasi_errno ends */
                    WASI_EAIAGAIN = 78,
                    WASI_EAIBADFLAG = 79,
                    WASI_EAIFAMILY = 81,
                    WASI_EAIMEMORY = 82,
                    WASI_EAINONAME = 84,
                    WASI_EAISERVICE = 85,
                    WASI_EAISOCKTYPE = 86,
};

struct wasi_address {
    uint32_t data;
    uint32_t size; /* 4 or 16: the address alone; WASI_ADDRESS_STORAGE: 16 bits of family first */
};

#define WASI_ADDRESS_STORAGE 128

struct wasi_timeval {
    int64_t seconds;
    int64_t microseconds;
};

struct wasi_linger {
    int32_t on;
    int32_t seconds;
};

struct wasi_sockaddr {
    uint8_t family;
    uint8_t padding[3];
    uint32_t size;
    uint32_t data; /* as in POSIX: the port in network order, then the address as its family lays it out */
};

struct wasi_addrinfo {
    uint16_t flags;
    uint8_t family;
    uint8_t type;
    uint8_t protocol;
    uint8_t padding[3];
    uint32_t address_size;
    uint32_t address; /* of a struct wasi_sockaddr */
    uint32_t canonical_name;
    uint32_t canonical_name_size;
    uint32_t next;
};

_Static_assert(sizeof(struct wasi_sockaddr) == 12, "sockaddr");
_Static_assert(sizeof(struct wasi_addrinfo) == 28, "addrinfo");

/* A name's second type (mewz/wasi.def), and a name for a function that has another one already. */
#define PREVIEW1_TYPED(name, signature) __asm__("wasi_snapshot_preview1." #name ":" signature)
#define PREVIEW1_SAME_AS(name)          __attribute__((alias("wasi_snapshot_preview1." #name)))

/* sock_open.c: `address` is that of a struct wasi_address */
uint32_t wasi_sock_open(uint32_t family, uint32_t type, uint32_t opened) PREVIEW1(sock_open);
uint32_t wasi_sock_bind(uint32_t fd, uint32_t address, uint32_t port) PREVIEW1(sock_bind);
uint32_t wasi_sock_listen(uint32_t fd, uint32_t backlog) PREVIEW1(sock_listen);
uint32_t wasi_sock_connect(uint32_t fd, uint32_t address, uint32_t port) PREVIEW1(sock_connect);
uint32_t wasi_sock_open_v2(uint32_t family, uint32_t type, uint32_t opened) PREVIEW1(sock_open_v2);
uint32_t wasi_sock_bind_v2(uint32_t fd, uint32_t address, uint32_t port) PREVIEW1(sock_bind_v2);
uint32_t wasi_sock_listen_v2(uint32_t fd, uint32_t backlog) PREVIEW1(sock_listen_v2);
uint32_t wasi_sock_connect_v2(uint32_t fd, uint32_t address, uint32_t port) PREVIEW1(sock_connect_v2);

/* sock_accept.c */
uint32_t wasi_sock_accept_v1(uint32_t fd, uint32_t accepted) PREVIEW1_TYPED(sock_accept, "ii:i");
uint32_t wasi_sock_accept_v2(uint32_t fd, uint32_t flags, uint32_t accepted) PREVIEW1(sock_accept_v2);

/* sock.c */
uint32_t wasi_sock_recv_v2(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t in_flags, uint32_t done,
                           uint32_t out_flags) PREVIEW1(sock_recv_v2);
uint32_t wasi_sock_send_v2(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t flags, uint32_t done)
    PREVIEW1(sock_send_v2);

/* sock_datagram.c: version 1 of sock_recv_from does not tell the port, unless it has a parameter for it */
uint32_t wasi_sock_recv_from(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t address, uint32_t in_flags,
                             uint32_t done, uint32_t out_flags) PREVIEW1(sock_recv_from);
uint32_t wasi_sock_recv_from_port(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t address, uint32_t in_flags,
                                  uint32_t port, uint32_t done, uint32_t out_flags)
    PREVIEW1_TYPED(sock_recv_from, "iiiiiiii:i");
uint32_t wasi_sock_recv_from_v2(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t address, uint32_t in_flags,
                                uint32_t port, uint32_t done, uint32_t out_flags) PREVIEW1(sock_recv_from_v2);
uint32_t wasi_sock_send_to(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t address, uint32_t port, uint32_t flags,
                           uint32_t done) PREVIEW1(sock_send_to);
uint32_t wasi_sock_send_to_v2(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t address, uint32_t port,
                              uint32_t flags, uint32_t done) PREVIEW1(sock_send_to_v2);

/* sock_address.c: the type of an address is 4 or 6 in version 1, and in the buffer in version 2 */
uint32_t wasi_sock_getlocaladdr(uint32_t fd, uint32_t address, uint32_t type, uint32_t port)
    PREVIEW1(sock_getlocaladdr);
uint32_t wasi_sock_getpeeraddr(uint32_t fd, uint32_t address, uint32_t type, uint32_t port) PREVIEW1(sock_getpeeraddr);
uint32_t wasi_sock_getlocaladdr_v2(uint32_t fd, uint32_t address, uint32_t port) PREVIEW1(sock_getlocaladdr_v2);
uint32_t wasi_sock_getpeeraddr_v2(uint32_t fd, uint32_t address, uint32_t port) PREVIEW1(sock_getpeeraddr_v2);

/* sock_option.c: `size` of the first is that of a place */
uint32_t wasi_sock_getsockopt(uint32_t fd, uint32_t level, uint32_t option, uint32_t value, uint32_t size)
    PREVIEW1(sock_getsockopt);
uint32_t wasi_sock_setsockopt(uint32_t fd, uint32_t level, uint32_t option, uint32_t value, uint32_t size)
    PREVIEW1(sock_setsockopt);

/* sock_addrinfo.c: `list` is the place of the address of `max` linked struct wasi_addrinfo, to be filled in */
uint32_t wasi_sock_getaddrinfo(uint32_t node, uint32_t node_size, uint32_t service, uint32_t service_size,
                               uint32_t hints, uint32_t list, uint32_t max, uint32_t count) PREVIEW1(sock_getaddrinfo);

#endif
