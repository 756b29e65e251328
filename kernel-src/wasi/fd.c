/* fd.c: the table of descriptors, and what needs nothing but the table. */
#include "wasi/fd.h"

#include "wasi/preview1.h"
#include "wasi/stream.h"

#define RIGHTS_STREAM (WASI_RIGHT_FD_FDSTAT_SET_FLAGS | WASI_RIGHT_FD_FILESTAT_GET | WASI_RIGHT_POLL_FD_READWRITE)

static struct fd table[] = {
    {.kind = &stream_kind, .stream = 0, .rights = RIGHTS_STREAM | WASI_RIGHT_FD_READ},
    {.kind = &stream_kind, .stream = 1, .rights = RIGHTS_STREAM | WASI_RIGHT_FD_WRITE},
    {.kind = &stream_kind, .stream = 2, .rights = RIGHTS_STREAM | WASI_RIGHT_FD_WRITE},
};

#define TABLE_SIZE (sizeof table / sizeof table[0])

uint32_t fd_find(uint32_t number, uint64_t rights, struct fd **fd)
{
    if (number >= TABLE_SIZE || !table[number].kind)
        return WASI_EBADF;
    if ((table[number].rights & rights) != rights)
        return WASI_ENOTCAPABLE;
    *fd = &table[number];
    return WASI_SUCCESS;
}

uint32_t fd_refuse(uint32_t number, uint64_t rights, uint32_t error)
{
    struct fd *fd;
    uint32_t found = fd_find(number, rights, &fd);
    return found ? found : error;
}

uint32_t wasi_fd_close(uint32_t number)
{
    struct fd *fd;
    uint32_t error = fd_find(number, 0, &fd);
    if (!error)
        *fd = (struct fd){0};
    return error;
}

/* Moves a descriptor over another one, which thereby is closed. Both must be open, so that a program cannot make
 * descriptors that it was not given (witx, fd_renumber). */
uint32_t wasi_fd_renumber(uint32_t from, uint32_t to)
{
    struct fd *source, *target;
    uint32_t error = fd_find(from, 0, &source);
    if (!error)
        error = fd_find(to, 0, &target);
    if (error || source == target)
        return error;
    *target = *source;
    *source = (struct fd){0};
    return WASI_SUCCESS;
}
