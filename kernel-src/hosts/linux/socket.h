/* socket.h: a socket is its descriptor; the pointer that the WASI layer holds is the number, and one, and is never
 * followed. */
#ifndef LINUX_SOCKET_H
#define LINUX_SOCKET_H

#include "wasi/host_socket.h"

static inline int socket_descriptor(const struct host_socket *socket)
{
    return (int)((uintptr_t)socket - 1);
}

static inline struct host_socket *socket_of_descriptor(long descriptor)
{
    return (struct host_socket *)(uintptr_t)(descriptor + 1);
}

#endif
