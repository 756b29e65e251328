/* sock_accept.c: taking connections, by sockets that the program made or that it was given (listeners.c). */
#include "wasi/guest.h"
#include "wasi/listeners.h"
#include "wasi/socket.h"
#include "wasi/wasmedge.h"

/* A reference brings the listeners into the program, where they are opened if they are there (rt/run.c). */
__attribute__((used)) static void (*const listeners)(void) = listeners_open;

static uint32_t wait_and_accept(struct fd *listener, struct host_socket **accepted)
{
    uint64_t deadline = socket_deadline(listener->socket.receive_timeout);
    uint32_t error;
    do {
        error = host_socket_accept(listener->watch.socket, accepted);
        if (error != WASI_EAGAIN)
            break;
        error = socket_wait(listener, HOST_READABLE, deadline);
    } while (!error);
    return error;
}

/* The number comes first, so that no connection is taken that has no place. */
uint32_t wasi_sock_accept(uint32_t number, uint32_t flags, uint32_t accepted)
{
    struct fd *listener, *fd;
    uint32_t new_number;
    struct host_socket *socket;
    uint32_t error = fd_find_socket(number, WASI_RIGHT_SOCK_ACCEPT, &listener);
    if (error)
        return error;
    if (flags & ~(uint32_t)WASI_FDFLAG_NONBLOCK)
        return WASI_EINVAL;
    if (!guest_bytes(accepted, sizeof(uint32_t)))
        return WASI_EFAULT;
    error = fd_open(&new_number, &fd);
    if (!error)
        error = wait_and_accept(listener, &socket);
    if (error)
        return error;
    struct fd_socket about = {.family = listener->socket.family, .protocol = HOST_TCP};
    socket_fill(fd, socket, &about, (uint16_t)flags);
    guest_write_u32(accepted, new_number);
    return WASI_SUCCESS;
}

uint32_t wasi_sock_accept_v1(uint32_t number, uint32_t accepted)
{
    return wasi_sock_accept(number, 0, accepted);
}

uint32_t wasi_sock_accept_v2(uint32_t number, uint32_t flags, uint32_t accepted) PREVIEW1_SAME_AS(sock_accept);
