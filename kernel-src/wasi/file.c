/* file.c: the functions on regular files and folders.
 *
 * The standard streams are the only descriptors, and none of them is such a file: each function fails as it does for
 * a descriptor of the wrong kind, by its rights first. Positions are asked of any descriptor (a C library does that
 * for each of its streams), hence ESPIPE without a look at the rights. */
#include "wasi/fd.h"
#include "wasi/preview1.h"

/* None of them comes as far as its other parameters. */
#pragma clang diagnostic ignored "-Wunused-parameter"

uint32_t wasi_fd_advise(uint32_t fd, uint64_t offset, uint64_t size, uint32_t advice)
{
    return fd_refuse(fd, WASI_RIGHT_FD_ADVISE, WASI_ESPIPE);
}

uint32_t wasi_fd_allocate(uint32_t fd, uint64_t offset, uint64_t size)
{
    return fd_refuse(fd, WASI_RIGHT_FD_ALLOCATE, WASI_ESPIPE);
}

uint32_t wasi_fd_datasync(uint32_t fd)
{
    return fd_refuse(fd, WASI_RIGHT_FD_DATASYNC, WASI_EINVAL);
}

uint32_t wasi_fd_sync(uint32_t fd)
{
    return fd_refuse(fd, WASI_RIGHT_FD_SYNC, WASI_EINVAL);
}

uint32_t wasi_fd_filestat_set_size(uint32_t fd, uint64_t size)
{
    return fd_refuse(fd, WASI_RIGHT_FD_FILESTAT_SET_SIZE, WASI_EINVAL);
}

uint32_t wasi_fd_filestat_set_times(uint32_t fd, uint64_t access, uint64_t modify, uint32_t flags)
{
    return fd_refuse(fd, WASI_RIGHT_FD_FILESTAT_SET_TIMES, WASI_EINVAL);
}

uint32_t wasi_fd_pread(uint32_t fd, uint32_t iovs, uint32_t count, uint64_t offset, uint32_t done)
{
    return fd_refuse(fd, WASI_RIGHT_FD_READ, WASI_ESPIPE);
}

uint32_t wasi_fd_pwrite(uint32_t fd, uint32_t iovs, uint32_t count, uint64_t offset, uint32_t done)
{
    return fd_refuse(fd, WASI_RIGHT_FD_WRITE, WASI_ESPIPE);
}

uint32_t wasi_fd_seek(uint32_t fd, uint64_t offset, uint32_t whence, uint32_t position)
{
    return fd_refuse(fd, 0, WASI_ESPIPE);
}

uint32_t wasi_fd_tell(uint32_t fd, uint32_t position)
{
    return fd_refuse(fd, 0, WASI_ESPIPE);
}

uint32_t wasi_fd_readdir(uint32_t fd, uint32_t buffer, uint32_t size, uint64_t cookie, uint32_t used)
{
    return fd_refuse(fd, WASI_RIGHT_FD_READDIR, WASI_ENOTDIR);
}

uint32_t wasi_fd_prestat_get(uint32_t fd, uint32_t prestat)
{
    return fd_refuse(fd, 0, WASI_EBADF);
}

uint32_t wasi_fd_prestat_dir_name(uint32_t fd, uint32_t path, uint32_t size)
{
    return fd_refuse(fd, 0, WASI_EBADF);
}
