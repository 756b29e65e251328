/* contents.c: where the bytes of a file are, and the bytes. */
#include "ext4/volume.h"

#define BLOCKS_MAX ((1ull << 32) - 1) /* of a file, by the width of an extent's field */

enum {
    READ_AHEAD_FIRST = 4,
    READ_AHEAD_MOST = 64,
    ALLOCATE_MOST = 256, /* blocks at a time, so that a change is no larger than a transaction */
};

static struct ext2_inode *plain(struct ext4_node *node)
{
    return (struct ext2_inode *)(void *)&node->inode;
}

static uint64_t block_count(uint64_t bytes)
{
    return bytes / CACHE_BLOCK + (bytes % CACHE_BLOCK != 0);
}

/* --- where --- */

static bool holds(const struct mapping *mapping, uint64_t block)
{
    return block >= mapping->first && block - mapping->first < mapping->count;
}

/* The extent that holds the block, or the hole around it up to the next one. */
static errcode_t search(ext2_extent_handle_t handle, uint64_t block, struct mapping *mapping)
{
    struct ext2fs_extent extent;
    *mapping = (struct mapping){.first = block, .count = BLOCKS_MAX + 1 - block};
    errcode_t error = ext2fs_extent_goto(handle, block);
    if (error && error != EXT2_ET_EXTENT_NOT_FOUND)
        return error;
    bool found = error == 0;
    error = ext2fs_extent_get(handle, EXT2_EXTENT_CURRENT, &extent);
    if (!found && error == 0 && extent.e_lblk < block)
        error = ext2fs_extent_get(handle, EXT2_EXTENT_NEXT_LEAF, &extent);
    if (error == EXT2_ET_NO_CURRENT_NODE || error == EXT2_ET_EXTENT_NO_NEXT)
        return 0; /* nothing behind it */
    if (error)
        return error;
    if (found)
        *mapping = (struct mapping){extent.e_lblk, extent.e_len, extent.e_pblk,
                                    (extent.e_flags & EXT2_EXTENT_FLAGS_UNINIT) != 0};
    else if (extent.e_lblk > block)
        mapping->count = extent.e_lblk - block;
    else
        mapping->count = 1;
    return 0;
}

/* Files of before ext4 have lists of blocks. */
static errcode_t search_list(struct ext4_node *node, uint64_t block, struct mapping *mapping)
{
    blk64_t place = 0;
    errcode_t error = ext2fs_bmap2(volume_of(&node->node)->fs, node->number, plain(node), NULL, 0, block, NULL, &place);
    *mapping = (struct mapping){block, 1, place, false};
    return error;
}

uint32_t contents_map(struct ext4_node *node, uint64_t block, struct mapping *mapping)
{
    struct volume *volume = volume_of(&node->node);
    if (!holds(&node->mapping, block)) {
        ext2_extent_handle_t handle;
        errcode_t error;
        if (node->inode.i_flags & EXT4_EXTENTS_FL) {
            error = ext2fs_extent_open2(volume->fs, node->number, plain(node), &handle);
            if (error)
                return volume_error(error);
            error = search(handle, block, &node->mapping);
            ext2fs_extent_free(handle);
        } else {
            error = search_list(node, block, &node->mapping);
        }
        uint64_t end = node->mapping.place + node->mapping.count;
        if (!error &&
            (!holds(&node->mapping, block) || (node->mapping.place && end > ext2fs_blocks_count(volume->fs->super))))
            error = EXT2_ET_EXTENT_HEADER_BAD;
        if (error) {
            node->mapping.count = 0;
            return volume_error(error);
        }
    }
    *mapping = node->mapping;
    uint64_t skip = block - mapping->first;
    mapping->first = block;
    mapping->count -= skip;
    mapping->place += mapping->place ? skip : 0;
    return WASI_SUCCESS;
}

/* --- slices --- */

/* A place in a list of slices. */
struct cursor {
    const struct host_slice *slices;
    size_t left; /* slices, this one included */
    size_t at;   /* in this one */
};

/* Moves `size` bytes between the slices and one piece of memory; `from` NULL: zeroes into the slices. */
static void move(struct cursor *cursor, char *memory, size_t size, bool to_memory)
{
    while (size > 0) {
        size_t room = cursor->slices->size - cursor->at;
        size_t part = size < room ? size : room;
        char *slice = (char *)cursor->slices->data + cursor->at;
        if (to_memory)
            memcpy(memory, slice, part);
        else if (memory)
            memcpy(slice, memory, part);
        else
            memset(slice, 0, part);
        memory = memory ? memory + part : NULL;
        size -= part;
        cursor->at += part;
        if (cursor->at == cursor->slices->size && cursor->left > 1) {
            cursor->slices++;
            cursor->left--;
            cursor->at = 0;
        } else if (part == 0) {
            return;
        }
    }
}

/* --- reading --- */

/* Sees to it that the blocks that are about to be read come in few transfers; a reader that goes on gets more and more
 * of them before it asks. */
static void read_ahead(struct ext4_node *node, const struct mapping *mapping, uint64_t wanted)
{
    struct volume *volume = volume_of(&node->node);
    if (mapping->first == node->next_read)
        node->read_ahead = node->read_ahead ? 2 * node->read_ahead : READ_AHEAD_FIRST;
    else
        node->read_ahead = 0;
    if (node->read_ahead > READ_AHEAD_MOST)
        node->read_ahead = READ_AHEAD_MOST;
    if (cache_find(&volume->cache, mapping->place))
        return;
    uint64_t count = wanted > node->read_ahead ? wanted : node->read_ahead;
    cache_read_ahead(&volume->cache, mapping->place, count < mapping->count ? count : mapping->count);
}

/* Reads from one block. */
static uint32_t read_part(struct ext4_node *node, uint64_t offset, size_t size, uint64_t wanted, struct cursor *to)
{
    struct mapping mapping;
    uint32_t error = contents_map(node, offset / CACHE_BLOCK, &mapping);
    if (error)
        return error;
    if (mapping.place == 0 || mapping.unwritten) {
        move(to, NULL, size, false);
        return WASI_SUCCESS;
    }
    read_ahead(node, &mapping, wanted);
    struct cached_page *block = cache_get(&volume_of(&node->node)->cache, mapping.place);
    if (!block)
        return WASI_EIO;
    move(to, block->bytes + offset % CACHE_BLOCK, size, false);
    node->next_read = mapping.first + 1;
    return WASI_SUCCESS;
}

uint32_t contents_read(struct ext4_node *node, const struct host_slice *slices, size_t count, uint64_t offset,
                       size_t *done)
{
    uint64_t size = inode_size(node), wanted = host_slices_size(slices, count);
    struct cursor cursor = {.slices = slices, .left = count};
    *done = 0;
    wanted = offset >= size ? 0 : wanted < size - offset ? wanted : size - offset;
    while (wanted > 0) {
        size_t part = CACHE_BLOCK - offset % CACHE_BLOCK;
        part = part < wanted ? part : wanted;
        uint32_t error = read_part(node, offset, part, block_count(wanted), &cursor);
        if (error)
            return error;
        *done += part;
        offset += part;
        wanted -= part;
    }
    return WASI_SUCCESS;
}

/* --- making room --- */

static void forget_mapping(struct ext4_node *node)
{
    node->mapping.count = 0;
}

/* The library does not free the last block of a file system: it compares the end of a piece as if it were in it. */
errcode_t contents_punch(struct ext4_node *node, uint64_t first, uint64_t last)
{
    ext2_filsys fs = volume_of(&node->node)->fs;
    blk64_t blocks = ext2fs_blocks_count(fs->super);
    forget_mapping(node);
    ext2fs_blocks_count_set(fs->super, blocks + 1);
    errcode_t error = ext2fs_punch(fs, node->number, plain(node), NULL, first, last);
    ext2fs_blocks_count_set(fs->super, blocks);
    return error;
}

/* Takes blocks away from the file that it was given and that nobody has written. */
static uint32_t take_back(struct ext4_node *node, uint64_t first, uint64_t count, uint32_t error)
{
    struct volume *volume = volume_of(&node->node);
    if (contents_punch(node, first, first + count - 1) != 0)
        volume_fail(volume);
    return error;
}

/* Zeroes in memory for blocks that are new: they hold what somebody else had there. */
static uint32_t blank(struct volume *volume, const struct mapping *mapping)
{
    for (uint64_t i = 0; i < mapping->count; i++) {
        struct cached_page *block = cache_get_blank(&volume->cache, mapping->place + i);
        if (!block)
            return WASI_ENOMEM;
        memset(block->bytes, 0, CACHE_BLOCK);
        cache_change(&volume->cache, block, CACHE_DATA);
    }
    return WASI_SUCCESS;
}

/* Whether an extent ends where another piece begins, in the file and on the disk, and can take it in. */
static bool continues(const struct ext2fs_extent *extent, const struct mapping *mapping)
{
    return extent->e_lblk + extent->e_len == mapping->first && extent->e_pblk + extent->e_len == mapping->place &&
           !(extent->e_flags & EXT2_EXTENT_FLAGS_UNINIT) && extent->e_len + mapping->count <= EXT_INIT_MAX_LEN;
}

/* Puts a piece into the tree of extents, where there is a hole. */
static errcode_t insert(ext2_extent_handle_t handle, const struct mapping *mapping)
{
    struct ext2fs_extent before, added = {
                                     .e_pblk = mapping->place,
                                     .e_lblk = mapping->first,
                                     .e_len = (uint32_t)mapping->count,
                                     .e_flags = EXT2_EXTENT_FLAGS_LEAF,
                                 };
    errcode_t error = ext2fs_extent_goto(handle, mapping->first);
    if (error && error != EXT2_ET_EXTENT_NOT_FOUND)
        return error;
    error = ext2fs_extent_get(handle, EXT2_EXTENT_CURRENT, &before);
    if (error && error != EXT2_ET_NO_CURRENT_NODE)
        return error;
    if (!error && continues(&before, mapping)) {
        before.e_len += (uint32_t)mapping->count;
        return ext2fs_extent_replace(handle, 0, &before);
    }
    bool behind = !error && before.e_lblk < mapping->first;
    error = ext2fs_extent_insert(handle, behind ? EXT2_EXTENT_INSERT_AFTER : 0, &added);
    return error ? error : ext2fs_extent_fix_parents(handle);
}

/* Makes blocks that were free a part of the file. */
static errcode_t add_blocks(struct ext4_node *node, const struct mapping *mapping)
{
    ext2_filsys fs = volume_of(&node->node)->fs;
    ext2_extent_handle_t handle;
    blk64_t place = mapping->place;
    /* First, so that the tree does not grow into them. */
    ext2fs_block_alloc_stats_range(fs, mapping->place, (blk_t)mapping->count, +1);
    errcode_t error;
    if (node->inode.i_flags & EXT4_EXTENTS_FL) {
        error = ext2fs_extent_open2(fs, node->number, plain(node), &handle);
        if (!error) {
            error = insert(handle, mapping);
            ext2fs_extent_free(handle);
        }
    } else {
        error = ext2fs_bmap2(fs, node->number, plain(node), NULL, BMAP_SET, mapping->first, NULL, &place);
    }
    if (error)
        ext2fs_block_alloc_stats_range(fs, mapping->place, (blk_t)mapping->count, -1);
    return error ? error : ext2fs_iblk_add_blocks(fs, plain(node), mapping->count);
}

/* Gives a hole blocks, as many as lie together and at most as many as it says: it is no hole then, but zeroes. */
static uint32_t fill_hole(struct ext4_node *node, struct mapping *mapping)
{
    struct volume *volume = volume_of(&node->node);
    ext2_filsys fs = volume->fs;
    bool listed = !(node->inode.i_flags & EXT4_EXTENTS_FL); /* block by block */
    blk64_t place, count;
    blk64_t goal = ext2fs_find_inode_goal(fs, node->number, plain(node), mapping->first);
    if (mapping->count > ALLOCATE_MOST)
        mapping->count = ALLOCATE_MOST;
    errcode_t error = ext2fs_new_range(fs, 0, goal, listed ? 1 : mapping->count, NULL, &place, &count);
    if (error)
        return volume_error(error);
    mapping->place = place;
    mapping->count = count < mapping->count ? count : mapping->count;
    forget_mapping(node);
    error = add_blocks(node, mapping);
    inode_mark_dirty(node);
    if (error)
        return volume_error(error);
    uint32_t failure = blank(volume, mapping);
    return failure ? take_back(node, mapping->first, mapping->count, failure) : WASI_SUCCESS;
}

/* Blocks that were only reserved become ordinary ones, with zeroes. */
static uint32_t write_unwritten(struct ext4_node *node, struct mapping *mapping)
{
    struct volume *volume = volume_of(&node->node);
    ext2_extent_handle_t handle;
    if (mapping->count > ALLOCATE_MOST)
        mapping->count = ALLOCATE_MOST;
    uint32_t failure = blank(volume, mapping);
    if (failure)
        return failure;
    forget_mapping(node);
    errcode_t error = ext2fs_extent_open2(volume->fs, node->number, plain(node), &handle);
    for (uint64_t i = 0; !error && i < mapping->count; i++)
        error = ext2fs_extent_set_bmap(handle, mapping->first + i, mapping->place + i, 0);
    if (handle)
        ext2fs_extent_free(handle);
    inode_mark_dirty(node);
    if (error && volume_error(error) != WASI_ENOSPC)
        volume_fail(volume);
    return volume_error(error);
}

/* Where a block can be written to, and how many behind it. *fresh: they are new, and zeroes in memory. */
static uint32_t map_to_write(struct ext4_node *node, uint64_t first, uint64_t count, struct mapping *mapping,
                             bool *fresh)
{
    uint32_t error = contents_map(node, first, mapping);
    if (error)
        return error;
    mapping->count = mapping->count < count ? mapping->count : count;
    *fresh = mapping->place == 0 || mapping->unwritten;
    if (mapping->place == 0) {
        error = fill_hole(node, mapping);
        if (error == WASI_ENOSPC && volume_reclaim(volume_of(&node->node)))
            error = volume_begin(volume_of(&node->node)) ? WASI_EIO : fill_hole(node, mapping);
        return error;
    }
    return mapping->unwritten ? write_unwritten(node, mapping) : WASI_SUCCESS;
}

/* --- writing --- */

/* Writes into one block. */
static uint32_t write_part(struct ext4_node *node, uint64_t place, uint64_t offset, size_t size, bool fresh,
                           struct cursor *from)
{
    struct cache *cache = &volume_of(&node->node)->cache;
    bool whole = size == CACHE_BLOCK;
    struct cached_page *block = whole && !fresh ? cache_get_blank(cache, place) : cache_get(cache, place);
    if (!block)
        return WASI_EIO;
    move(from, block->bytes + offset % CACHE_BLOCK, size, true);
    cache_change(cache, block, CACHE_DATA);
    return WASI_SUCCESS;
}

/* Writes blocks that follow each other, at most until `end`. */
static uint32_t write_run(struct ext4_node *node, uint64_t end, uint64_t *offset, struct cursor *from)
{
    struct mapping mapping;
    bool fresh;
    uint64_t first = *offset / CACHE_BLOCK;
    uint32_t error = map_to_write(node, first, block_count(end) - first, &mapping, &fresh);
    for (uint64_t i = 0; !error && i < mapping.count && *offset < end; i++) {
        size_t part = CACHE_BLOCK - *offset % CACHE_BLOCK;
        part = part < end - *offset ? part : (size_t)(end - *offset);
        error = write_part(node, mapping.place + i, *offset, part, fresh, from);
        *offset += error ? 0 : part;
    }
    return error;
}

uint32_t contents_write(struct ext4_node *node, const struct host_slice *slices, size_t count, uint64_t offset,
                        size_t *done)
{
    struct cursor cursor = {.slices = slices, .left = count};
    uint64_t start = offset, end;
    uint32_t error = WASI_SUCCESS;
    *done = 0;
    if (__builtin_add_overflow(offset, host_slices_size(slices, count), &end) || block_count(end) > BLOCKS_MAX)
        return WASI_EFBIG;
    if (offset == end)
        return WASI_SUCCESS;
    while (!error && offset < end) {
        error = volume_begin(volume_of(&node->node));
        if (!error)
            error = write_run(node, end, &offset, &cursor);
        if (offset > inode_size(node))
            inode_set_size(node, offset);
    }
    *done = (size_t)(offset - start);
    if (*done > 0)
        inode_touch_contents(node);
    return error;
}

/* Zeroes behind the end of the file in its last block, so that nothing shows there when it grows. */
static uint32_t clear_tail(struct ext4_node *node, uint64_t size)
{
    struct cache *cache = &volume_of(&node->node)->cache;
    struct mapping mapping;
    if (size % CACHE_BLOCK == 0)
        return WASI_SUCCESS;
    uint32_t error = contents_map(node, size / CACHE_BLOCK, &mapping);
    if (error || mapping.place == 0 || mapping.unwritten)
        return error;
    struct cached_page *block = cache_get(cache, mapping.place);
    if (!block)
        return WASI_EIO;
    memset(block->bytes + size % CACHE_BLOCK, 0, CACHE_BLOCK - size % CACHE_BLOCK);
    cache_change(cache, block, CACHE_DATA);
    return WASI_SUCCESS;
}

uint32_t contents_set_size(struct ext4_node *node, uint64_t size)
{
    struct volume *volume = volume_of(&node->node);
    if (block_count(size) > BLOCKS_MAX)
        return WASI_EFBIG;
    if (size <= inode_size(node)) {
        uint32_t error = clear_tail(node, size);
        if (error)
            return error;
        if (contents_punch(node, block_count(size), ~0ull) != 0) {
            volume_fail(volume);
            return WASI_EIO;
        }
    }
    inode_set_size(node, size);
    inode_touch(node, INODE_MODIFY | INODE_CHANGE);
    return WASI_SUCCESS;
}

uint32_t contents_allocate(struct ext4_node *node, uint64_t offset, uint64_t size)
{
    struct volume *volume = volume_of(&node->node);
    uint64_t end;
    if (__builtin_add_overflow(offset, size, &end) || block_count(end) > BLOCKS_MAX)
        return WASI_EFBIG;
    if (!(node->inode.i_flags & EXT4_EXTENTS_FL))
        return WASI_ENOTSUP;
    uint64_t first = offset / CACHE_BLOCK, count = block_count(end) - first;
    if (count > ext2fs_free_blocks_count(volume->fs->super))
        return WASI_ENOSPC; /* what a part of it would need cannot be told */
    if (count > volume_usable_blocks(volume) && volume_reclaim(volume) && volume_begin(volume) != 0)
        return WASI_EIO;
    forget_mapping(node);
    errcode_t error =
        ext2fs_fallocate(volume->fs, EXT2_FALLOCATE_FORCE_UNINIT, node->number, plain(node), ~0ull, first, count);
    inode_mark_dirty(node);
    if (error)
        return volume_error(error);
    if (end > inode_size(node))
        inode_set_size(node, end);
    inode_touch(node, INODE_CHANGE);
    return WASI_SUCCESS;
}

uint32_t contents_append_block(struct ext4_node *node, struct cached_page **block)
{
    struct volume *volume = volume_of(&node->node);
    struct mapping mapping = {.first = inode_size(node) / CACHE_BLOCK, .count = 1};
    uint32_t error = fill_hole(node, &mapping);
    if (error)
        return error;
    *block = cache_get(&volume->cache, mapping.place);
    if (!*block)
        return take_back(node, mapping.first, 1, WASI_EIO);
    cache_change(&volume->cache, *block, CACHE_META);
    inode_set_size(node, inode_size(node) + CACHE_BLOCK);
    return WASI_SUCCESS;
}
