/* cc.h: what lwIP wants to know of the compiler and the system. */
#ifndef NET_ARCH_CC_H
#define NET_ARCH_CC_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "net/memory.h"

#define LWIP_NO_UNISTD_H   1
#define LWIP_NO_CTYPE_H    1
#define LWIP_NO_INTTYPES_H 1
#define BYTE_ORDER         LITTLE_ENDIAN

typedef intptr_t ssize_t;
#define SSIZE_MAX INTPTR_MAX

#define lwip_htons(value) __builtin_bswap16(value)
#define lwip_htonl(value) __builtin_bswap32(value)

/* The Internet checksum (RFC 1071), not inverted; port.c */
uint16_t net_checksum(const void *bytes, int size);
#define LWIP_CHKSUM net_checksum

/* port.c */
uint32_t net_random(void);
_Noreturn void net_assert_failed(const char *text, const char *file, int line);

/* Whether a socket that asks for no port may get this one; claims.c */
int net_may_choose(uint16_t port);

#define LWIP_RAND()                net_random()
#define LWIP_PLATFORM_DIAG(text)   ((void)0)
#define LWIP_PLATFORM_ASSERT(text) net_assert_failed(text, __FILE__, __LINE__)

#endif
