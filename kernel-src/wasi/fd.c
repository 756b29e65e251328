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

/* Behind the table come blocks, made as they are needed and then kept: a descriptor never moves. */
#define BLOCK_SIZE 64
static struct fd *blocks[FD_MAX / BLOCK_SIZE];
static uint32_t lowest_free = TABLE_SIZE; /* none below it is free */

static struct fd *fd_at(uint32_t number)
{
    if (number < TABLE_SIZE)
        return &table[number];
    number -= TABLE_SIZE;
    struct fd *block = number < FD_MAX ? blocks[number / BLOCK_SIZE] : NULL;
    return block ? &block[number % BLOCK_SIZE] : NULL;
}

uint32_t fd_find(uint32_t number, uint64_t rights, struct fd **fd)
{
    struct fd *found = fd_at(number);
    if (!found || !found->kind)
        return WASI_EBADF;
    if ((found->rights & rights) != rights)
        return WASI_ENOTCAPABLE;
    *fd = found;
    return WASI_SUCCESS;
}

uint32_t fd_find_socket(uint32_t number, uint64_t rights, struct fd **fd)
{
    uint32_t error = fd_find(number, 0, fd);
    if (error)
        return error;
    return (*fd)->kind->receive ? fd_find(number, rights, fd) : WASI_ENOTSOCK;
}

uint32_t fd_open(uint32_t *number, struct fd **fd)
{
    while (lowest_free < TABLE_SIZE + FD_MAX) {
        *fd = fd_at(lowest_free);
        if (!*fd) {
            struct fd **block = &blocks[(lowest_free - TABLE_SIZE) / BLOCK_SIZE];
            *block = host_memory_take(BLOCK_SIZE * sizeof **block);
            if (!*block)
                return WASI_ENOMEM;
            continue;
        }
        if (!(*fd)->kind) {
            *number = lowest_free;
            return WASI_SUCCESS;
        }
        lowest_free++;
    }
    return WASI_EMFILE;
}

static void close_fd(struct fd *fd)
{
    if (fd->kind->close)
        fd->kind->close(fd);
    *fd = (struct fd){0};
}

static void note_free(uint32_t number)
{
    if (number < lowest_free)
        lowest_free = number;
}

uint32_t wasi_fd_close(uint32_t number)
{
    struct fd *fd;
    uint32_t error = fd_find(number, 0, &fd);
    if (error)
        return error;
    close_fd(fd);
    note_free(number);
    return WASI_SUCCESS;
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
    close_fd(target);
    *target = *source;
    *source = (struct fd){0};
    note_free(from);
    return WASI_SUCCESS;
}
