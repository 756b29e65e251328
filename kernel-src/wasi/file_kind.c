/* file_kind.c: see file_kind.h. */
#include "wasi/file_kind.h"

uint32_t file_fill(struct fd *fd, struct host_file *file, uint64_t rights, uint64_t inheriting, uint16_t flags)
{
    struct wasi_filestat stat = {0};
    uint32_t error = host_file_stat(file, &stat);
    if (error)
        return error;
    bool is_folder = stat.filetype == WASI_FILETYPE_DIRECTORY;
    *fd = (struct fd){
        .kind = &file_kind,
        .rights = rights & (is_folder ? RIGHTS_FOLDER : RIGHTS_FILE),
        .rights_inheriting = is_folder ? inheriting : 0,
        .flags = flags,
        .file = file,
    };
    return WASI_SUCCESS;
}

static uint32_t file_read(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done)
{
    return host_file_read(fd->file, slices, count, &fd->offset, done);
}

static unsigned write_how(const struct fd *fd)
{
    unsigned how = fd->flags & WASI_FDFLAG_APPEND ? HOST_APPEND : 0;
    if (fd->flags & WASI_FDFLAG_DSYNC)
        how |= HOST_SYNC_DATA;
    return fd->flags & WASI_FDFLAG_SYNC ? how | HOST_SYNC_ALL : how;
}

static uint32_t file_write(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done)
{
    return host_file_write(fd->file, slices, count, &fd->offset, write_how(fd), done);
}

static uint32_t file_stat(struct fd *fd, struct wasi_filestat *stat)
{
    return host_file_stat(fd->file, stat);
}

static void file_close(struct fd *fd)
{
    host_file_close(fd->file);
}

static const struct fd_file_kind functions = {
    .read = host_file_read,
    .write = host_file_write,
    .set_size = host_file_set_size,
    .set_times = host_file_set_times,
    .allocate = host_file_allocate,
    .sync = host_file_sync,
    .readdir = host_file_readdir,
};

const struct fd_kind file_kind = {
    .read = file_read, .write = file_write, .stat = file_stat, .close = file_close, .file = &functions};
