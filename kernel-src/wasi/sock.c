/* sock.c: the functions on sockets. The standard streams are not sockets, and there are no other descriptors. */
#include "wasi/fd.h"
#include "wasi/preview1.h"

/* None of them comes as far as its other parameters. */
#pragma clang diagnostic ignored "-Wunused-parameter"

uint32_t wasi_sock_accept(uint32_t fd, uint32_t flags, uint32_t accepted)
{
    return fd_refuse(fd, WASI_RIGHT_SOCK_ACCEPT, WASI_ENOTSOCK);
}

uint32_t wasi_sock_recv(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t in_flags, uint32_t done,
                        uint32_t out_flags)
{
    return fd_refuse(fd, WASI_RIGHT_FD_READ, WASI_ENOTSOCK);
}

uint32_t wasi_sock_send(uint32_t fd, uint32_t iovs, uint32_t count, uint32_t flags, uint32_t done)
{
    return fd_refuse(fd, WASI_RIGHT_FD_WRITE, WASI_ENOTSOCK);
}

uint32_t wasi_sock_shutdown(uint32_t fd, uint32_t how)
{
    return fd_refuse(fd, WASI_RIGHT_SOCK_SHUTDOWN, WASI_ENOTSOCK);
}
