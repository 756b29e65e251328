/* mount.c: from a disk to a mounted file system, and back. */
#include "arch/x86_64/time.h"
#include "ext4/volume.h"
#include "mm/page.h"

static struct volume *volumes; /* all that are mounted */

enum { OPEN_FLAGS = EXT2_FLAG_64BITS | EXT2_FLAG_SKIP_MMP };

/* What we keep right where it is there. Others, such as quotas or encryption, we could only break. */
enum {
    KNOWN_INCOMPAT = EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_RECOVER | EXT2_FEATURE_INCOMPAT_META_BG |
                     EXT3_FEATURE_INCOMPAT_EXTENTS | EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_FLEX_BG |
                     EXT4_FEATURE_INCOMPAT_CSUM_SEED,
    KNOWN_RO_COMPAT = EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE |
                      EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_GDT_CSUM |
                      EXT4_FEATURE_RO_COMPAT_DIR_NLINK | EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE |
                      EXT4_FEATURE_RO_COMPAT_METADATA_CSUM,
};

static const char *check_features(const struct ext2_super_block *super)
{
    if (EXT2_BLOCK_SIZE(super) != CACHE_BLOCK)
        return "its blocks do not have 4096 bytes (mke2fs -b 4096)";
    if (super->s_feature_incompat & ~(uint32_t)KNOWN_INCOMPAT ||
        super->s_feature_ro_compat & ~(uint32_t)KNOWN_RO_COMPAT)
        return "it uses features that this kernel does not know";
    if (!(super->s_feature_compat & EXT3_FEATURE_COMPAT_HAS_JOURNAL) || super->s_journal_inum == 0)
        return "it has no journal of its own (mke2fs -t ext4)";
    if (super->s_state & EXT2_ERROR_FS)
        return "it has errors: run e2fsck";
    return NULL;
}

static void close_library(struct volume *volume)
{
    if (volume->fs)
        ext2fs_free(volume->fs);
    volume->fs = NULL;
}

/* Bitmaps of large file systems are kept as trees of what is in use: as bits they would be more than the heap has in
 * one piece (mm/heap.h), from 64 GiB on. */
static void choose_bitmaps(ext2_filsys fs)
{
    const uint64_t most_bits = 8ull << 20;
    if (ext2fs_blocks_count(fs->super) > most_bits || fs->super->s_inodes_count > most_bits)
        fs->default_bitmap_type = EXT2FS_BMAP64_RBTREE;
}

static const char *open_library(struct volume *volume, int flags)
{
    io_volume = volume;
    flags |= OPEN_FLAGS | (volume->vfs.read_only ? 0 : EXT2_FLAG_RW);
    errcode_t error = ext2fs_open2("disk", NULL, flags, 0, 0, &io_manager_of_cache, &volume->fs);
    if (error == EXT2_ET_BAD_MAGIC)
        return "it has no ext4 file system (mewz-cc disk create)";
    if (error == EXT2_ET_NO_MEMORY)
        return "there is not enough memory for it";
    if (error == EXT2_ET_UNSUPP_FEATURE || error == EXT2_ET_RO_UNSUPP_FEATURE)
        return "it uses features that this kernel does not know";
    if (error)
        return "its superblock or its group descriptors make no sense: run e2fsck";
    if (ext2fs_blocks_count(volume->fs->super) > volume->cache.block_count)
        return "it is larger than the disk";
    volume->fs->priv_data = volume;
    choose_bitmaps(volume->fs);
    return check_features(volume->fs->super);
}

/* --- the journal --- */

/* Finds out where on the disk the journal is. */
static bool find_journal(struct volume *volume)
{
    struct journal *journal = &volume->journal;
    struct ext4_node file = {.number = volume->fs->super->s_journal_inum};
    vfs_node_init(&file.node, &volume->vfs, WASI_FILETYPE_REGULAR_FILE);
    if (ext2fs_read_inode_full(volume->fs, file.number, (struct ext2_inode *)(void *)&file.inode, sizeof file.inode))
        return false;
    uint64_t blocks = inode_size(&file) / CACHE_BLOCK;
    journal->run_count = 0;
    for (uint64_t block = 0; block < blocks && blocks <= UINT32_MAX;) {
        struct mapping mapping;
        if (contents_map(&file, block, &mapping) != 0 || mapping.place == 0)
            return false;
        uint64_t count = mapping.count < blocks - block ? mapping.count : blocks - block;
        struct journal_run *last = journal->run_count ? &journal->runs[journal->run_count - 1] : NULL;
        if (last && last->place + last->count == mapping.place)
            last->count += (uint32_t)count;
        else if (journal->run_count == JOURNAL_RUNS_MAX)
            return false;
        else
            journal->runs[journal->run_count++] = (struct journal_run){(uint32_t)block, (uint32_t)count, mapping.place};
        block += count;
    }
    return blocks > 0 && blocks <= UINT32_MAX;
}

/* Opens the file system with its journal replayed. Until then a block may be half an old and half a new one, the
 * superblock too: where the journal is is the same in both, but no checksum is right. */
static const char *open_replayed(struct volume *volume)
{
    const char *problem = open_library(volume, EXT2_FLAG_IGNORE_CSUM_ERRORS);
    if (problem)
        return problem;
    if (!find_journal(volume))
        return "its journal cannot be found: run e2fsck";
    if (volume->vfs.read_only && ext2fs_has_feature_journal_needs_recovery(volume->fs->super))
        return "it was not unmounted, and cannot be put right where it is read-only";
    if (!volume->vfs.read_only &&
        !journal_open(&volume->journal, &volume->cache, ext2fs_blocks_count(volume->fs->super)))
        return "its journal makes no sense or cannot be replayed: run e2fsck";
    close_library(volume);
    return open_library(volume, 0);
}

/* --- mounting --- */

/* Linux replays the journal where the superblock says that it counts. That change is a transaction like any other, so
 * that a power cut cannot leave half of it. */
static bool commit_needs_recovery(struct volume *volume, bool needs)
{
    if (needs)
        ext2fs_set_feature_journal_needs_recovery(volume->fs->super);
    else
        ext2fs_clear_feature_journal_needs_recovery(volume->fs->super);
    ext2fs_mark_super_dirty(volume->fs);
    volume->changed_since = time_now() | 1;
    return volume_commit(volume) == 0;
}

static const char *start_writing(struct volume *volume)
{
    if (ext2fs_read_bitmaps(volume->fs) != 0 ||
        ext2fs_allocate_block_bitmap(volume->fs, "freed", &volume->pending) != 0)
        return "its bitmaps cannot be read, or there is not enough memory for them";
    ext2fs_set_block_alloc_stats_callback(volume->fs, volume_note_block, NULL);
    if (!journal_start(&volume->journal) || !commit_needs_recovery(volume, true) || !journal_empty(&volume->journal))
        return "it cannot be written to";
    if (!inode_finish_orphans(volume) || volume_commit(volume) != 0)
        return "files that were removed while they were open cannot be freed: run e2fsck";
    return NULL;
}

static const char *mount(struct volume *volume, struct vfs_node **root)
{
    struct ext4_node *node;
    const char *problem = open_replayed(volume);
    if (!problem && !volume->vfs.read_only)
        problem = start_writing(volume);
    if (problem)
        return problem;
    if (inode_get(volume, EXT2_ROOT_INO, &node) != 0 || !vfs_is_folder(&node->node))
        return "its root folder makes no sense: run e2fsck";
    *root = &node->node;
    return NULL;
}

static void discard(struct volume *volume)
{
    names_fini(volume);
    if (volume->pending)
        ext2fs_free_block_bitmap(volume->pending);
    close_library(volume);
    journal_fini(&volume->journal);
    cache_fini(&volume->cache);
    heap_free(&ext4_heap, volume);
}

static bool is_serial(struct block_device *disk, const void *serial)
{
    char own[BLOCK_SERIAL_SIZE + 1];
    return block_serial(disk, own) && strcmp(own, serial) == 0;
}

/* Whether a disk that nobody named has such a file system: by the magic number in its superblock. */
static bool has_file_system(struct block_device *disk, const void *ignored)
{
    (void)ignored;
    uint16_t magic = 0;
    char *page = page_alloc();
    if (!page)
        return false;
    struct block_slice slice = {page_phys(page), PAGE_SIZE};
    block_read(disk, 0, &slice, 1);
    if (block_finish(disk))
        memcpy(&magic, page + SUPERBLOCK_OFFSET + offsetof(struct ext2_super_block, s_magic), sizeof magic);
    page_free(page);
    return magic == EXT2_SUPER_MAGIC;
}

/* A quarter of what memory there is now. */
static size_t cache_limit(void)
{
    size_t least = 256, limit = page_free_count() / 4;
    return limit > least ? limit : least;
}

bool ext4_mount(const char *serial, bool read_only, struct vfs_node **root, const char **problem)
{
    if (ext4_heap.limit == 0)
        ext4_heap.limit = page_free_count() / 4;
    struct volume *volume = heap_alloc_zeroed(&ext4_heap, 1, sizeof *volume);
    *problem = "there is not enough memory for it";
    if (!volume)
        return false;
    if (!block_find(&volume->cache.disk, *serial ? is_serial : has_file_system, serial)) {
        heap_free(&ext4_heap, volume);
        *problem = "the machine has no such disk";
        return false;
    }
    bool read_only_disk = volume->cache.disk.read_only;
    volume->vfs = (struct vfs){.ops = &ext4_ops, .read_only = read_only || read_only_disk};
    if (cache_init(&volume->cache, cache_limit()))
        *problem = mount(volume, root);
    if (*problem) {
        discard(volume);
        return false;
    }
    volume->next = volumes;
    volumes = volume;
    return true;
}

static bool waits_for_commit(const struct volume *volume)
{
    return volume->changed_since != 0 && !volume->failed;
}

uint64_t ext4_commit_due(void)
{
    uint64_t due = TIME_NEVER;
    for (const struct volume *volume = volumes; volume; volume = volume->next)
        if (waits_for_commit(volume) && volume->changed_since + COMMIT_INTERVAL < due)
            due = volume->changed_since + COMMIT_INTERVAL;
    return due;
}

void ext4_commit_waiting(void)
{
    for (struct volume *volume = volumes; volume; volume = volume->next)
        if (waits_for_commit(volume) && time_now() - volume->changed_since >= COMMIT_INTERVAL)
            volume_commit(volume);
}

static bool unmount(struct volume *volume)
{
    if (volume->vfs.read_only)
        return true;
    return commit_needs_recovery(volume, false) && journal_stop(&volume->journal);
}

void ext4_unmount_all(void)
{
    for (; volumes; volumes = volumes->next)
        if (!unmount(volumes))
            volume_fail(volumes);
}
