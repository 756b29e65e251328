/* readdir.c: the entries of a folder, packed into the program's buffer. */
#include "wasi/fd.h"
#include "wasi/guest.h"
#include "wasi/preview1.h"

struct buffer {
    uint8_t *bytes;
    size_t size, used;
};

/* Copies what there is room for; the program sees by a full buffer that the last entry may be cut. */
static void append(struct buffer *buffer, const void *bytes, size_t size)
{
    size_t room = buffer->size - buffer->used;
    size_t part = size < room ? size : room;
    __builtin_memcpy(buffer->bytes + buffer->used, bytes, part);
    buffer->used += part;
}

static bool append_entry(void *context, const struct host_dirent *entry)
{
    struct buffer *buffer = context;
    struct wasi_dirent dirent = {
        .next = entry->next, .inode = entry->inode, .name_size = (uint32_t)entry->size, .type = entry->type};
    append(buffer, &dirent, sizeof dirent);
    append(buffer, entry->name, entry->size);
    return buffer->used < buffer->size;
}

uint32_t wasi_fd_readdir(uint32_t number, uint32_t address, uint32_t size, uint64_t cookie, uint32_t used)
{
    struct fd *fd;
    uint32_t error = fd_find(number, WASI_RIGHT_FD_READDIR, &fd);
    if (error)
        return error;
    if (!fd->kind->file)
        return WASI_ENOTDIR;
    struct buffer buffer = {.bytes = guest_bytes(address, size), .size = size};
    if (!buffer.bytes || !guest_bytes(used, sizeof(uint32_t)))
        return WASI_EFAULT;
    if (size > 0)
        error = fd->kind->file->readdir(fd->file, cookie, append_entry, &buffer);
    if (!error)
        guest_write_u32(used, (uint32_t)buffer.used);
    return error;
}
