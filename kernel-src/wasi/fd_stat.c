/* fd_stat.c: what a descriptor is and may. */
#include "wasi/fd.h"
#include "wasi/guest.h"
#include "wasi/preview1.h"

uint32_t wasi_fd_fdstat_get(uint32_t number, uint32_t address)
{
    struct fd *fd;
    uint32_t error = fd_find(number, 0, &fd);
    if (error)
        return error;
    struct wasi_filestat file = {0};
    error = fd->kind->stat(fd, &file);
    if (error)
        return error;
    struct wasi_fdstat stat = {
        .filetype = file.filetype,
        .flags = fd->flags,
        .rights_base = fd->rights,
        .rights_inheriting = fd->rights_inheriting,
    };
    return guest_write(address, &stat, sizeof stat) ? WASI_SUCCESS : WASI_EFAULT;
}

uint32_t wasi_fd_fdstat_set_flags(uint32_t number, uint32_t flags)
{
    struct fd *fd;
    uint32_t error = fd_find(number, WASI_RIGHT_FD_FDSTAT_SET_FLAGS, &fd);
    if (error)
        return error;
    /* How a write is synchronised is settled when a file is opened: it may be named or left out, as with fcntl. */
    uint32_t changeable = WASI_FDFLAG_APPEND | WASI_FDFLAG_NONBLOCK, settled = fd->flags & ~changeable;
    if (flags & ~(changeable | settled))
        return WASI_EINVAL;
    fd->flags = (uint16_t)(flags | settled);
    return WASI_SUCCESS;
}

/* Rights can be given up, never gained. */
uint32_t wasi_fd_fdstat_set_rights(uint32_t number, uint64_t base, uint64_t inheriting)
{
    struct fd *fd;
    uint32_t error = fd_find(number, base, &fd);
    if (error)
        return error;
    if ((fd->rights_inheriting & inheriting) != inheriting)
        return WASI_ENOTCAPABLE;
    fd->rights = base;
    fd->rights_inheriting = inheriting;
    return WASI_SUCCESS;
}

uint32_t fd_filestat(uint32_t number, struct wasi_filestat *stat)
{
    struct fd *fd;
    uint32_t error = fd_find(number, WASI_RIGHT_FD_FILESTAT_GET, &fd);
    *stat = (struct wasi_filestat){0};
    return error ? error : fd->kind->stat(fd, stat);
}

uint32_t wasi_fd_filestat_get(uint32_t number, uint32_t address)
{
    struct wasi_filestat stat;
    uint32_t error = fd_filestat(number, &stat);
    if (error)
        return error;
    return guest_write(address, &stat, sizeof stat) ? WASI_SUCCESS : WASI_EFAULT;
}
