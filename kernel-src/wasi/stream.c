/* stream.c: see stream.h. */
#include "wasi/stream.h"

static uint32_t stream_stat(struct fd *fd, struct wasi_filestat *stat)
{
    /* witx has no file type for a pipe. Programs ask whether a stream is a terminal by this type. */
    bool terminal = host_stream_is_terminal(fd->stream);
    stat->filetype = terminal ? WASI_FILETYPE_CHARACTER_DEVICE : WASI_FILETYPE_UNKNOWN;
    stat->inode = fd->stream;
    stat->link_count = 1;
    return WASI_SUCCESS;
}

/* A stream takes bytes at any time, or waits within the write. */
const struct fd_kind stream_kind = {
    .read = stream_read, .write = stream_write, .stat = stream_stat, .waits = HOST_READABLE};
