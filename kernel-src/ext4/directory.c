/* directory.c: the entries of folders.
 *
 * A folder is a file of blocks, each filled with entries one behind the other (Linux, Documentation/filesystems/ext4/
 * directory.rst). Those with an index, which Linux makes for large ones, have the same blocks; a name is added to them
 * by the library, which keeps the index right. Names are found by a table in memory (names.c), with an index or
 * without. */
#include "ext4/volume.h"

enum { HEADER = 8, LAST = EXT2_FT_SYMLINK };

/* A place in a folder. */
struct place {
    struct cached_page *block;
    uint64_t number;         /* of the block in the folder */
    unsigned offset, before; /* of the entry, and of the one before it in the block (the same: there is none) */
};

static struct ext2_dir_entry_2 *entry_at(const struct place *place)
{
    return (void *)(place->block->bytes + place->offset);
}

/* What an entry with a name of that length needs. */
static unsigned entry_size(size_t name_size)
{
    return (unsigned)((HEADER + name_size + 3) & ~3u);
}

/* An entry that lies in its block and has room for its name. Its length in blocks of 64 KiB is written differently;
 * ours have 4 KiB. */
static bool is_sound(const struct ext2_dir_entry_2 *entry, unsigned offset)
{
    unsigned length = entry->rec_len;
    return length >= HEADER && length % 4 == 0 && length <= CACHE_BLOCK - offset &&
           (entry->inode == 0 || length >= entry_size(entry->name_len));
}

static uint64_t directory_blocks(const struct ext4_node *folder)
{
    return inode_size(folder) / CACHE_BLOCK;
}

/* Goes to the first entry of a block; *hole: there is no such block. */
static uint32_t enter(struct ext4_node *folder, uint64_t number, struct place *place, bool *hole)
{
    struct volume *volume = volume_of(&folder->node);
    struct mapping mapping;
    uint32_t error = contents_map(folder, number, &mapping);
    if (error)
        return error;
    *hole = mapping.place == 0 || mapping.unwritten;
    if (*hole)
        return WASI_SUCCESS;
    if (!cache_find(&volume->cache, mapping.place))
        cache_read_ahead(&volume->cache, mapping.place, mapping.count < 16 ? mapping.count : 16);
    struct cached_page *block = cache_get(&volume->cache, mapping.place);
    *place = (struct place){.block = block, .number = number};
    return block && is_sound(entry_at(place), 0) ? WASI_SUCCESS : WASI_EIO;
}

/* Goes to the next entry of the block. False: there is none. WASI_EIO in *error where the block makes no sense. */
static bool next(struct place *place, uint32_t *error)
{
    unsigned offset = place->offset + entry_at(place)->rec_len;
    if (offset >= CACHE_BLOCK)
        return false;
    place->before = place->offset;
    place->offset = offset;
    if (offset + HEADER > CACHE_BLOCK || !is_sound(entry_at(place), offset))
        *error = WASI_EIO;
    return *error == 0;
}

/* Says that a block was changed, first of all: the checksum takes reading the folder's inode, and that could take the
 * memory of a block that may leave. */
static uint32_t changed(struct ext4_node *folder, const struct place *place)
{
    struct volume *volume = volume_of(&folder->node);
    cache_change(&volume->cache, place->block, CACHE_META);
    errcode_t error =
        ext2fs_dir_block_csum_set(volume->fs, folder->number, (struct ext2_dir_entry *)(void *)place->block->bytes);
    if (error)
        volume_fail(volume);
    return volume_error(error);
}

static bool is_name(const struct ext2_dir_entry_2 *entry, struct vfs_name name)
{
    return entry->inode != 0 && entry->name_len == name.size && memcmp(entry->name, name.text, name.size) == 0;
}

/* --- finding --- */

static uint32_t find_in_block(struct ext4_node *folder, uint64_t number, struct vfs_name name, struct place *place)
{
    bool hole;
    uint32_t error = enter(folder, number, place, &hole);
    if (error)
        return error;
    if (hole)
        return WASI_ENOENT;
    do
        if (is_name(entry_at(place), name))
            return WASI_SUCCESS;
    while (next(place, &error));
    return error ? error : WASI_ENOENT;
}

static uint32_t find_linearly(struct ext4_node *folder, struct vfs_name name, struct place *place)
{
    uint32_t error = WASI_ENOENT;
    for (uint64_t number = 0; error == WASI_ENOENT && number < directory_blocks(folder); number++)
        error = find_in_block(folder, number, name, place);
    return error;
}

/* Adds the names of one block to the table. */
static uint32_t gather_block(struct ext4_node *folder, uint64_t number, struct names *names, bool *full)
{
    struct place place;
    bool hole;
    uint32_t error = enter(folder, number, &place, &hole);
    if (error || hole)
        return error;
    do {
        const struct ext2_dir_entry_2 *entry = entry_at(&place);
        if (entry->inode != 0)
            *full = !names_add(names, (struct vfs_name){entry->name, entry->name_len}, number);
    } while (!*full && next(&place, &error));
    return error;
}

/* The table of a large folder's names; *names NULL: it has none. */
static uint32_t gather_names(struct ext4_node *folder, struct names **names)
{
    enum { LARGE = 4, NAMES_PER_BLOCK = CACHE_BLOCK / 16 };
    uint64_t blocks = directory_blocks(folder);
    bool full = false;
    *names = names_find(folder);
    if (*names || blocks < LARGE)
        return WASI_SUCCESS;
    *names = names_make(folder, blocks * NAMES_PER_BLOCK);
    uint32_t error = WASI_SUCCESS;
    for (uint64_t number = 0; *names && !full && !error && number < blocks; number++)
        error = gather_block(folder, number, *names, &full);
    if (error && *names && !full)
        names_drop(folder);
    if (error || full)
        *names = NULL;
    return error;
}

static uint32_t find_in_names(struct ext4_node *folder, const struct names *names, struct vfs_name name,
                              struct place *place)
{
    struct names_search search = {0};
    uint32_t error = WASI_ENOENT;
    uint64_t number;
    while (error == WASI_ENOENT && names_next(names, name, &search, &number))
        error = find_in_block(folder, number, name, place);
    return error;
}

static uint32_t find(struct ext4_node *folder, struct vfs_name name, struct place *place)
{
    struct names *names;
    uint32_t error = gather_names(folder, &names);
    if (error || names)
        return error ? error : find_in_names(folder, names, name, place);
    return find_linearly(folder, name, place);
}

uint32_t directory_find(struct ext4_node *folder, struct vfs_name name, ext2_ino_t *number)
{
    struct place place;
    uint32_t error = find(folder, name, &place);
    if (!error)
        *number = entry_at(&place)->inode;
    if (!error && (*number < 1 || *number > volume_of(&folder->node)->fs->super->s_inodes_count))
        error = WASI_EIO;
    return error;
}

/* --- adding --- */

static uint8_t type_of(const struct ext4_node *node)
{
    switch (node->node.type) {
    case WASI_FILETYPE_REGULAR_FILE:
        return EXT2_FT_REG_FILE;
    case WASI_FILETYPE_DIRECTORY:
        return EXT2_FT_DIR;
    case WASI_FILETYPE_SYMBOLIC_LINK:
        return EXT2_FT_SYMLINK;
    case WASI_FILETYPE_CHARACTER_DEVICE:
        return EXT2_FT_CHRDEV;
    case WASI_FILETYPE_BLOCK_DEVICE:
        return EXT2_FT_BLKDEV;
    case WASI_FILETYPE_SOCKET_STREAM:
        return EXT2_FT_SOCK;
    default:
        return EXT2_FT_FIFO;
    }
}

/* Puts an entry into the room behind the one at `place`, or in its place if it is free. */
static void put_entry(const struct place *place, struct vfs_name name, const struct ext4_node *node)
{
    struct ext2_dir_entry_2 *entry = entry_at(place);
    if (entry->inode != 0) {
        unsigned used = entry_size(entry->name_len), rest = entry->rec_len - used;
        entry->rec_len = (uint16_t)used;
        entry = (void *)((char *)entry + used);
        entry->rec_len = (uint16_t)rest;
    }
    entry->inode = node->number;
    entry->name_len = (uint8_t)name.size;
    entry->file_type = type_of(node);
    memcpy(entry->name, name.text, name.size);
}

static unsigned room_of(const struct ext2_dir_entry_2 *entry)
{
    return entry->rec_len - (entry->inode ? entry_size(entry->name_len) : 0);
}

/* The checksum at the end of a block looks like a free entry without a name. */
static bool is_tail(const struct volume *volume, const struct place *place)
{
    return ext2fs_has_feature_metadata_csum(volume->fs->super) &&
           place->offset == CACHE_BLOCK - sizeof(struct ext2_dir_entry_tail);
}

static uint32_t find_room(struct ext4_node *folder, uint64_t number, size_t name_size, struct place *place)
{
    bool hole;
    uint32_t error = enter(folder, number, place, &hole);
    if (error)
        return error;
    if (hole)
        return WASI_ENOENT;
    do
        if (!is_tail(volume_of(&folder->node), place) && room_of(entry_at(place)) >= entry_size(name_size))
            return WASI_SUCCESS;
    while (next(place, &error));
    return error ? error : WASI_ENOENT;
}

/* A block at the end of the folder with one free entry in it. */
static uint32_t append_block(struct ext4_node *folder, struct place *place)
{
    struct volume *volume = volume_of(&folder->node);
    *place = (struct place){.number = directory_blocks(folder)};
    uint32_t error = contents_append_block(folder, &place->block);
    if (error)
        return error;
    bool summed = ext2fs_has_feature_metadata_csum(volume->fs->super);
    entry_at(place)->rec_len = (uint16_t)(CACHE_BLOCK - (summed ? sizeof(struct ext2_dir_entry_tail) : 0));
    if (summed)
        ext2fs_initialize_dirent_tail(volume->fs, EXT2_DIRENT_TAIL(place->block->bytes, CACHE_BLOCK));
    return WASI_SUCCESS;
}

/* The library has put a name somewhere, and where it needed a block for that, moved others as well. */
static void note_indexed_name(struct ext4_node *folder, struct vfs_name name, uint64_t old_size)
{
    struct names *names = names_find(folder);
    struct place place;
    if (names && inode_size(folder) != old_size)
        names_drop(folder);
    else if (names && find_linearly(folder, name, &place) == WASI_SUCCESS)
        names_add(names, name, place.number);
}

/* The library reads the folder's inode from the table, and writes it there, without its times. Where it fails for
 * another reason than want of room or memory, something may have been changed. */
static uint32_t add_with_index(struct ext4_node *folder, struct vfs_name name, const struct ext4_node *node)
{
    ext2_filsys fs = volume_of(&folder->node)->fs;
    char text[VFS_NAME_MAX + 1];
    memcpy(text, name.text, name.size);
    text[name.size] = 0;
    errcode_t error = inode_write_all(volume_of(&folder->node));
    if (!error)
        error = ext2fs_link(fs, folder->number, text, node->number, type_of(node));
    if (error == EXT2_ET_DIR_NO_SPACE) {
        error = ext2fs_expand_dir(fs, folder->number);
        if (!error)
            error = ext2fs_link(fs, folder->number, text, node->number, type_of(node));
    }
    folder->mapping.count = 0;
    uint64_t size = inode_size(folder);
    if (!error)
        error = ext2fs_read_inode_full(fs, folder->number, (struct ext2_inode *)(void *)&folder->inode,
                                       sizeof folder->inode);
    uint32_t failure = volume_error(error);
    if (failure == WASI_EIO)
        volume_fail(volume_of(&folder->node));
    if (failure)
        return failure;
    inode_touch(folder, INODE_MODIFY | INODE_CHANGE);
    note_indexed_name(folder, name, size);
    return WASI_SUCCESS;
}

uint32_t directory_add(struct ext4_node *folder, struct vfs_name name, const struct ext4_node *node)
{
    struct place place;
    uint32_t error = WASI_ENOENT;
    struct names *names = names_find(folder);
    if (folder->inode.i_flags & EXT2_INDEX_FL)
        return add_with_index(folder, name, node);
    if (names && names->room > folder->room)
        folder->room = names->room;
    for (uint64_t number = folder->room; error == WASI_ENOENT && number < directory_blocks(folder); number++)
        error = find_room(folder, number, name.size, &place);
    if (error == WASI_ENOENT)
        error = append_block(folder, &place);
    if (error)
        return error;
    folder->room = place.number;
    put_entry(&place, name, node);
    if (names && names_add(names, name, place.number))
        names->room = place.number;
    inode_touch(folder, INODE_MODIFY | INODE_CHANGE);
    return changed(folder, &place);
}

uint32_t directory_init(struct ext4_node *folder, ext2_ino_t parent)
{
    struct place place;
    uint32_t error = append_block(folder, &place);
    if (error)
        return error;
    struct ext2_dir_entry_2 *dot = entry_at(&place);
    unsigned length = dot->rec_len, used = entry_size(1);
    *dot = (struct ext2_dir_entry_2){folder->number, (uint16_t)used, 1, EXT2_FT_DIR, "."};
    place.offset = used;
    struct ext2_dir_entry_2 *dots = entry_at(&place);
    dots->inode = parent;
    dots->rec_len = (uint16_t)(length - used);
    dots->name_len = 2;
    dots->file_type = EXT2_FT_DIR;
    memcpy(dots->name, "..", 2);
    return changed(folder, &place);
}

/* --- changing and removing --- */

uint32_t directory_replace(struct ext4_node *folder, struct vfs_name name, const struct ext4_node *node)
{
    struct place place;
    uint32_t error = find(folder, name, &place);
    if (error)
        return error;
    entry_at(&place)->inode = node->number;
    entry_at(&place)->file_type = type_of(node);
    inode_touch(folder, INODE_MODIFY | INODE_CHANGE);
    return changed(folder, &place);
}

uint32_t directory_remove(struct ext4_node *folder, struct vfs_name name)
{
    struct place place;
    uint32_t error = find(folder, name, &place);
    if (error)
        return error;
    struct ext2_dir_entry_2 *entry = entry_at(&place);
    if (place.offset == 0) {
        entry->inode = 0;
    } else {
        struct ext2_dir_entry_2 *before = (void *)(place.block->bytes + place.before);
        before->rec_len = (uint16_t)(before->rec_len + entry->rec_len);
    }
    struct names *names = names_find(folder);
    if (place.number < folder->room)
        folder->room = place.number;
    if (names && place.number < names->room)
        names->room = place.number;
    inode_touch(folder, INODE_MODIFY | INODE_CHANGE);
    return changed(folder, &place);
}

static bool is_dots(const struct ext2_dir_entry_2 *entry)
{
    return entry->name[0] == '.' && (entry->name_len == 1 || (entry->name_len == 2 && entry->name[1] == '.'));
}

uint32_t directory_is_empty(struct ext4_node *folder)
{
    for (uint64_t number = 0; number < directory_blocks(folder); number++) {
        struct place place;
        bool hole;
        uint32_t error = enter(folder, number, &place, &hole);
        if (error)
            return error;
        if (hole)
            continue;
        do
            if (entry_at(&place)->inode != 0 && !is_dots(entry_at(&place)))
                return WASI_ENOTEMPTY;
        while (next(&place, &error));
        if (error)
            return error;
    }
    return WASI_SUCCESS;
}

/* --- reading --- */

static uint8_t wasi_type(uint8_t type)
{
    static const uint8_t types[LAST + 1] = {
        [EXT2_FT_REG_FILE] = WASI_FILETYPE_REGULAR_FILE,   [EXT2_FT_DIR] = WASI_FILETYPE_DIRECTORY,
        [EXT2_FT_CHRDEV] = WASI_FILETYPE_CHARACTER_DEVICE, [EXT2_FT_BLKDEV] = WASI_FILETYPE_BLOCK_DEVICE,
        [EXT2_FT_SOCK] = WASI_FILETYPE_SOCKET_STREAM,      [EXT2_FT_SYMLINK] = WASI_FILETYPE_SYMBOLIC_LINK,
    };
    return type <= LAST ? types[type] : WASI_FILETYPE_UNKNOWN;
}

/* Tells of one entry. False: enough. */
static bool emit_entry(const struct place *place, host_dirent_emit *emit, void *context)
{
    const struct ext2_dir_entry_2 *entry = entry_at(place);
    struct host_dirent told = {
        .name = entry->name,
        .size = entry->name_len,
        .inode = entry->inode,
        .next = place->number * CACHE_BLOCK + place->offset + entry->rec_len,
        .type = wasi_type(entry->file_type),
    };
    return emit(context, &told);
}

/* A cookie is the place behind an entry. Entries never move; where the one before has grown over that place meanwhile,
 * what begins behind it is what comes next. */
uint32_t directory_read(struct ext4_node *folder, uint64_t cookie, host_dirent_emit *emit, void *context)
{
    for (uint64_t number = cookie / CACHE_BLOCK; number < directory_blocks(folder); number++) {
        struct place place;
        bool hole;
        uint32_t error = enter(folder, number, &place, &hole);
        if (error)
            return error;
        if (hole)
            continue;
        do {
            const struct ext2_dir_entry_2 *entry = entry_at(&place);
            if (entry->inode == 0 || entry->name_len == 0 || number * CACHE_BLOCK + place.offset < cookie)
                continue;
            if (!emit_entry(&place, emit, context))
                return WASI_SUCCESS;
        } while (next(&place, &error));
        if (error)
            return error;
    }
    return WASI_SUCCESS;
}
