/* io.c: the library reads and writes blocks of structure, and they are the cache's. */
#include "ext4/volume.h"

struct volume *io_volume;

static errcode_t io_close(io_channel channel)
{
    free(channel);
    return 0;
}

static errcode_t io_open(const char *name, int flags, io_channel *channel)
{
    (void)name, (void)flags;
    io_channel made = calloc(1, sizeof *made);
    if (!made)
        return EXT2_ET_NO_MEMORY;
    made->magic = EXT2_ET_MAGIC_IO_CHANNEL;
    made->manager = &io_manager_of_cache;
    made->block_size = 1024;
    made->refcount = 1;
    made->private_data = io_volume;
    *channel = made;
    return 0;
}

static errcode_t io_set_block_size(io_channel channel, int size)
{
    channel->block_size = size;
    return 0;
}

/* The part of a transfer that lies in one block of the cache. */
struct part {
    uint64_t number;
    size_t offset, size;
};

static struct part next_part(uint64_t position, size_t left)
{
    struct part part = {.number = position / CACHE_BLOCK, .offset = position % CACHE_BLOCK};
    part.size = CACHE_BLOCK - part.offset < left ? CACHE_BLOCK - part.offset : left;
    return part;
}

/* A negative count is one of bytes. */
static size_t byte_count(io_channel channel, int count)
{
    return count < 0 ? (size_t)-(long)count : (size_t)count * (size_t)channel->block_size;
}

static errcode_t io_read(io_channel channel, unsigned long long block, int count, void *data)
{
    struct volume *volume = channel->private_data;
    uint64_t position = block * (uint64_t)channel->block_size;
    char *to = data;
    for (size_t left = byte_count(channel, count); left > 0;) {
        struct part part = next_part(position, left);
        struct cached_page *cached = cache_get(&volume->cache, part.number);
        if (!cached)
            return EIO;
        memcpy(to, cached->bytes + part.offset, part.size);
        to += part.size;
        position += part.size;
        left -= part.size;
    }
    return 0;
}

/* The library writes more than has changed: all bitmaps, for one, where one of them has. A block is read even where all
 * of it is replaced, so that what is the same need not go to the journal, which those of a large disk would fill. */
static errcode_t write_part(struct volume *volume, struct part part, const char *from)
{
    struct cached_page *cached = cache_get(&volume->cache, part.number);
    if (!cached)
        return EIO;
    if (memcmp(cached->bytes + part.offset, from, part.size) == 0)
        return 0;
    memcpy(cached->bytes + part.offset, from, part.size);
    cache_change(&volume->cache, cached, CACHE_META);
    return 0;
}

static errcode_t io_write(io_channel channel, unsigned long long block, int count, const void *data)
{
    struct volume *volume = channel->private_data;
    uint64_t position = block * (uint64_t)channel->block_size;
    const char *from = data;
    if (volume->failed || volume->vfs.read_only)
        return EIO;
    for (size_t left = byte_count(channel, count); left > 0;) {
        struct part part = next_part(position, left);
        errcode_t error = write_part(volume, part, from);
        if (error)
            return error;
        from += part.size;
        position += part.size;
        left -= part.size;
    }
    return 0;
}

static errcode_t io_read_narrow(io_channel channel, unsigned long block, int count, void *data)
{
    return io_read(channel, block, count, data);
}

static errcode_t io_write_narrow(io_channel channel, unsigned long block, int count, const void *data)
{
    return io_write(channel, block, count, data);
}

static errcode_t io_flush(io_channel channel)
{
    (void)channel; /* the journal does that */
    return 0;
}

struct struct_io_manager io_manager_of_cache = {
    .magic = EXT2_ET_MAGIC_IO_MANAGER,
    .name = "cache",
    .open = io_open,
    .close = io_close,
    .set_blksize = io_set_block_size,
    .read_blk = io_read_narrow,
    .write_blk = io_write_narrow,
    .flush = io_flush,
    .read_blk64 = io_read,
    .write_blk64 = io_write,
};

/* What the library has for this needs a file of it that makes journals. */
errcode_t ext2fs_zero_blocks2(ext2_filsys fs, blk64_t block, int count, blk64_t *failed, int *failed_count)
{
    static const char zeroes[CACHE_BLOCK];
    for (int i = 0; fs && i < count; i++) {
        errcode_t error = io_channel_write_blk64(fs->io, block + (blk64_t)i, 1, zeroes);
        if (error && failed)
            *failed = block + (blk64_t)i;
        if (error && failed_count)
            *failed_count = count - i;
        if (error)
            return error;
    }
    return 0;
}
