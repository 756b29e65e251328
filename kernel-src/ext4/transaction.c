/* transaction.c: what is committed together, and when. */
#include "arch/x86_64/time.h"
#include "ext4/volume.h"

enum { FREE_BLOCKS_LOW = 512 };

uint32_t volume_error(errcode_t error)
{
    switch (error) {
    case 0:
        return WASI_SUCCESS;
    case EXT2_ET_BLOCK_ALLOC_FAIL:
    case EXT2_ET_INODE_ALLOC_FAIL:
    case EXT2_ET_DIR_NO_SPACE:
    case EXT2_ET_CANT_INSERT_EXTENT:
    case ENOSPC:
        return WASI_ENOSPC;
    case EXT2_ET_NO_MEMORY:
    case ENOMEM:
        return WASI_ENOMEM;
    default:
        return WASI_EIO;
    }
}

void volume_fail(struct volume *volume)
{
    volume->failed = true;
}

void volume_note_block(ext2_filsys fs, blk64_t block, int in_use)
{
    struct volume *volume = fs->priv_data;
    if (in_use > 0)
        return;
    ext2fs_mark_block_bitmap2(fs->block_map, block);
    ext2fs_mark_block_bitmap2(volume->pending, block);
    volume->pending_count++;
    cache_forget(&volume->cache, block);
}

/* Changes in the library's bitmap the bits of all freed blocks. */
static void mark_pending(struct volume *volume, bool used)
{
    ext2_filsys fs = volume->fs;
    blk64_t end = ext2fs_blocks_count(fs->super) - 1, first = fs->super->s_first_data_block, last;
    if (volume->pending_count == 0)
        return;
    while (first <= end && ext2fs_find_first_set_block_bitmap2(volume->pending, first, end, &first) == 0) {
        if (ext2fs_find_first_zero_block_bitmap2(volume->pending, first, end, &last) != 0)
            last = end + 1;
        unsigned count = (unsigned)(last - first);
        if (used)
            ext2fs_mark_block_bitmap_range2(fs->block_map, first, count);
        else
            ext2fs_unmark_block_bitmap_range2(fs->block_map, first, count);
        first = last;
    }
}

/* The library's own state becomes blocks of structure in the cache. */
static errcode_t write_structure(struct volume *volume)
{
    errcode_t error = inode_write_all(volume);
    if (error)
        return error;
    mark_pending(volume, false);
    error = ext2fs_flush2(volume->fs, EXT2_FLAG_FLUSH_NO_SYNC);
    mark_pending(volume, true);
    return error;
}

/* Freed blocks can be used again once nothing could be replayed onto them. */
static void release_pending(struct volume *volume)
{
    if (!journal_is_empty(&volume->journal) || volume->pending_count == 0)
        return;
    mark_pending(volume, false);
    ext2fs_clear_block_bitmap(volume->pending);
    volume->pending_count = 0;
}

uint32_t volume_commit(struct volume *volume)
{
    if (volume->failed)
        return WASI_EIO;
    if (volume->changed_since == 0)
        return WASI_SUCCESS;
    if (write_structure(volume) != 0 || !journal_commit(&volume->journal)) {
        volume_fail(volume);
        return WASI_EIO;
    }
    volume->changed_since = 0;
    release_pending(volume);
    return WASI_SUCCESS;
}

bool volume_reclaim(struct volume *volume)
{
    if (volume->pending_count == 0 || volume_commit(volume) != 0)
        return false;
    if (!journal_empty(&volume->journal)) {
        volume_fail(volume);
        return false;
    }
    release_pending(volume);
    return true;
}

uint64_t volume_usable_blocks(const struct volume *volume)
{
    uint64_t free = ext2fs_free_blocks_count(volume->fs->super);
    return free > volume->pending_count ? free - volume->pending_count : 0;
}

/* Changed inodes of files that are open become blocks of structure with the commit. */
static bool is_time_to_commit(const struct volume *volume)
{
    uint32_t half = journal_capacity(&volume->journal) / 2;
    if (volume->changed_since == 0)
        return false;
    return cache_count(&volume->cache, CACHE_META) >= half || volume->dirty_count >= half ||
           time_now() - volume->changed_since >= COMMIT_INTERVAL;
}

uint32_t volume_begin(struct volume *volume)
{
    uint32_t error = WASI_SUCCESS;
    if (volume->failed)
        return WASI_EIO;
    if (cache_pinned(&volume->cache) + volume->dirty_count >= volume->cache.pages.limit / 2) {
        error = volume_commit(volume);
        if (!error && !journal_empty(&volume->journal))
            volume_fail(volume);
        release_pending(volume);
    } else if (is_time_to_commit(volume)) {
        error = volume_commit(volume);
    }
    if (!error && volume->pending_count > 0 && volume_usable_blocks(volume) < FREE_BLOCKS_LOW)
        volume_reclaim(volume);
    if (volume->failed)
        return WASI_EIO;
    if (!error && volume->changed_since == 0)
        volume->changed_since = time_now() | 1;
    return error;
}
