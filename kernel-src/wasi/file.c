/* file.c: the functions on regular files and folders.
 *
 * A descriptor that is neither has none of the rights that most of them need, and no `file` functions. Positions are
 * asked of any descriptor (a C library does that for each of its streams), hence ESPIPE without a look at the rights.
 */
#include "wasi/fd.h"
#include "wasi/guest.h"
#include "wasi/iovec.h"
#include "wasi/preview1.h"
#include "wasi/times.h"

/* Finds a file or folder with these rights; `error` for what is neither. */
static uint32_t find_file(uint32_t number, uint64_t rights, uint32_t error, struct fd **fd)
{
    uint32_t found = fd_find(number, rights, fd);
    if (found)
        return found;
    return (*fd)->kind->file ? WASI_SUCCESS : error;
}

/* A hint, which no host here would follow. */
uint32_t wasi_fd_advise(uint32_t number, uint64_t offset, uint64_t size, uint32_t advice)
{
    struct fd *fd;
    (void)offset;
    (void)size;
    uint32_t error = find_file(number, WASI_RIGHT_FD_ADVISE, WASI_ESPIPE, &fd);
    if (error)
        return error;
    return advice < WASI_ADVICE_COUNT ? WASI_SUCCESS : WASI_EINVAL;
}

uint32_t wasi_fd_allocate(uint32_t number, uint64_t offset, uint64_t size)
{
    struct fd *fd;
    uint32_t error = find_file(number, WASI_RIGHT_FD_ALLOCATE, WASI_ESPIPE, &fd);
    if (error)
        return error;
    if (size == 0)
        return WASI_EINVAL;
    if (offset > INT64_MAX || size > INT64_MAX - offset)
        return WASI_EFBIG;
    return fd->kind->file->allocate(fd->file, offset, size);
}

uint32_t wasi_fd_datasync(uint32_t number)
{
    struct fd *fd;
    uint32_t error = find_file(number, WASI_RIGHT_FD_DATASYNC, WASI_EINVAL, &fd);
    return error ? error : fd->kind->file->sync(fd->file, true);
}

uint32_t wasi_fd_sync(uint32_t number)
{
    struct fd *fd;
    uint32_t error = find_file(number, WASI_RIGHT_FD_SYNC, WASI_EINVAL, &fd);
    return error ? error : fd->kind->file->sync(fd->file, false);
}

uint32_t wasi_fd_filestat_set_size(uint32_t number, uint64_t size)
{
    struct fd *fd;
    uint32_t error = find_file(number, WASI_RIGHT_FD_FILESTAT_SET_SIZE, WASI_EINVAL, &fd);
    if (error)
        return error;
    return size > INT64_MAX ? WASI_EFBIG : fd->kind->file->set_size(fd->file, size);
}

uint32_t wasi_fd_filestat_set_times(uint32_t number, uint64_t access, uint64_t modify, uint32_t flags)
{
    struct fd *fd;
    struct host_times times;
    uint32_t error = find_file(number, WASI_RIGHT_FD_FILESTAT_SET_TIMES, WASI_EINVAL, &fd);
    if (!error)
        error = times_take(access, modify, flags, &times);
    return error ? error : fd->kind->file->set_times(fd->file, &times);
}

/* What reading and writing at an offset may be asked for. */
static uint32_t find_file_at(uint32_t number, uint64_t right, uint64_t offset, uint32_t done, struct fd **fd)
{
    uint32_t error = find_file(number, right, WASI_ESPIPE, fd);
    if (error)
        return error;
    if (offset > INT64_MAX)
        return WASI_EINVAL;
    return guest_bytes(done, sizeof(uint32_t)) ? WASI_SUCCESS : WASI_EFAULT;
}

/* One batch, as fd_read. */
uint32_t wasi_fd_pread(uint32_t number, uint32_t iovs, uint32_t count, uint64_t offset, uint32_t done)
{
    struct fd *fd;
    struct host_slice slices[IOVEC_BATCH];
    size_t used, read = 0;
    uint32_t error = find_file_at(number, WASI_RIGHT_FD_READ, offset, done, &fd);
    if (error)
        return error;
    struct iovec_walk walk = {.address = iovs, .count = count, .room = UINT32_MAX};
    error = iovec_take(&walk, slices, &used);
    if (!error && used)
        error = fd->kind->file->read(fd->file, slices, used, &offset, &read);
    if (error && read == 0)
        return error;
    guest_write_u32(done, (uint32_t)read);
    return WASI_SUCCESS;
}

uint32_t wasi_fd_pwrite(uint32_t number, uint32_t iovs, uint32_t count, uint64_t offset, uint32_t done)
{
    struct fd *fd;
    uint32_t error = find_file_at(number, WASI_RIGHT_FD_WRITE, offset, done, &fd);
    if (error)
        return error;
    /* As writing at a position of its own. */
    uint64_t position = fd->offset;
    uint32_t total = 0;
    fd->offset = offset;
    struct iovec_walk walk = {.address = iovs, .count = count, .room = UINT32_MAX};
    error = iovec_write(&walk, fd, &total);
    fd->offset = position;
    if (!error)
        guest_write_u32(done, total);
    return error;
}

/* --- positions --- */

static uint32_t seek_base(struct fd *fd, uint32_t whence, uint64_t *base)
{
    struct wasi_filestat stat = {0};
    uint32_t error = WASI_SUCCESS;
    switch (whence) {
    case WASI_WHENCE_SET:
        *base = 0;
        return WASI_SUCCESS;
    case WASI_WHENCE_CUR:
        *base = fd->offset;
        return WASI_SUCCESS;
    case WASI_WHENCE_END:
        error = fd->kind->stat(fd, &stat);
        *base = stat.size;
        return error;
    default:
        return WASI_EINVAL;
    }
}

/* The right to tell is enough where the position stays (witx, rights). */
uint32_t wasi_fd_seek(uint32_t number, uint64_t offset, uint32_t whence, uint32_t position)
{
    struct fd *fd;
    uint64_t base, sum;
    uint32_t error = find_file(number, 0, WASI_ESPIPE, &fd);
    if (error)
        return error;
    bool stays = whence == WASI_WHENCE_CUR && offset == 0;
    uint64_t enough = stays ? WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL : WASI_RIGHT_FD_SEEK;
    if (!(fd->rights & enough))
        return WASI_ENOTCAPABLE;
    error = seek_base(fd, whence, &base);
    if (error)
        return error;
    if (__builtin_add_overflow(base, (int64_t)offset, &sum) || sum > INT64_MAX)
        return WASI_EINVAL;
    if (!guest_write_u64(position, sum))
        return WASI_EFAULT;
    fd->offset = sum;
    return WASI_SUCCESS;
}

uint32_t wasi_fd_tell(uint32_t number, uint32_t position)
{
    struct fd *fd;
    uint32_t error = find_file(number, 0, WASI_ESPIPE, &fd);
    if (error)
        return error;
    if (!(fd->rights & (WASI_RIGHT_FD_SEEK | WASI_RIGHT_FD_TELL)))
        return WASI_ENOTCAPABLE;
    return guest_write_u64(position, fd->offset) ? WASI_SUCCESS : WASI_EFAULT;
}
