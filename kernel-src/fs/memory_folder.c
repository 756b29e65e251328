/* memory_folder.c: the entries of folders (memory.h).
 *
 * Buckets by hash find a name. Positions order entries for readdir: 1 and 2 are `.` and `..`, then come those of the
 * tree in its order, then those made here as they were made, in a list. A position is never used again, so that it is
 * the cookie that stays good while entries come and go. */
#include "fs/memory.h"

enum { BUCKETS_MIN = 16, BUCKETS_MAX = 1 << 17, POSITION_PARENT = 2 };

static uint32_t tree_count(const struct memory_node *folder, uint32_t *first)
{
    *first = 0;
    return folder->tree_number == TREE_NONE ? 0 : tree_children(&memory_fs(folder)->tree, folder->tree_number, first);
}

void folder_init(struct memory_node *folder)
{
    uint32_t first, count = tree_count(folder, &first);
    folder->folder = (struct memory_folder){.child_count = count, .last_position = POSITION_PARENT + count};
}

void folder_fini(struct memory_node *folder)
{
    struct heap *heap = &memory_fs(folder)->heap;
    for (uint32_t i = 0; i < folder->folder.bucket_count; i++) {
        struct memory_entry *next;
        for (struct memory_entry *entry = folder->folder.buckets[i]; entry; entry = next) {
            next = entry->chain;
            heap_free(heap, entry); /* it hides something of the tree: an empty folder has no others */
        }
    }
    heap_free(heap, folder->folder.buckets);
}

/* --- names --- */

/* FNV-1a. */
static uint32_t hash_name(struct vfs_name name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (uint8_t)name.text[i]) * 16777619u;
    return hash;
}

static struct memory_entry **bucket_of(const struct memory_folder *folder, uint32_t hash)
{
    return &folder->buckets[hash & (folder->bucket_count - 1)];
}

struct memory_entry *folder_find(const struct memory_node *folder, struct vfs_name name)
{
    if (!folder->folder.buckets)
        return NULL;
    uint32_t hash = hash_name(name);
    struct memory_entry *entry = *bucket_of(&folder->folder, hash);
    while (entry && !(entry->hash == hash && entry->name_size == name.size &&
                      __builtin_memcmp(entry->name, name.text, name.size) == 0))
        entry = entry->chain;
    return entry;
}

/* Without memory for more buckets the chains become longer. */
static void grow(struct heap *heap, struct memory_folder *folder)
{
    uint32_t count = folder->bucket_count ? folder->bucket_count * 2 : BUCKETS_MIN, old_count = folder->bucket_count;
    struct memory_entry **old = folder->buckets, **buckets = heap_alloc_zeroed(heap, count, sizeof *buckets);
    if (!buckets)
        return;
    folder->buckets = buckets;
    folder->bucket_count = count;
    for (uint32_t i = 0; i < old_count; i++) {
        struct memory_entry *next;
        for (struct memory_entry *entry = old[i]; entry; entry = next) {
            next = entry->chain;
            struct memory_entry **bucket = bucket_of(folder, entry->hash);
            entry->chain = *bucket;
            *bucket = entry;
        }
    }
    heap_free(heap, old);
}

struct memory_entry *folder_add(struct memory_node *folder, struct vfs_name name)
{
    struct memory_entry *entry = folder_find(folder, name);
    struct memory_folder *table = &folder->folder;
    struct memory_fs *fs = memory_fs(folder);
    if (entry)
        return entry;
    if (table->entry_count >= table->bucket_count && table->bucket_count < BUCKETS_MAX)
        grow(&fs->heap, table);
    entry = table->buckets ? heap_alloc(&fs->heap, sizeof *entry + name.size) : NULL;
    if (!entry)
        return NULL;
    *entry = (struct memory_entry){.hash = hash_name(name), .name_size = (uint8_t)name.size};
    __builtin_memcpy(entry->name, name.text, name.size);
    entry->covers = folder->tree_number != TREE_NONE &&
                    tree_child(&fs->tree, folder->tree_number, name.text, name.size) != TREE_NONE;
    struct memory_entry **bucket = bucket_of(table, entry->hash);
    entry->chain = *bucket;
    *bucket = entry;
    table->entry_count++;
    return entry;
}

/* --- the list --- */

static bool is_in_list(const struct memory_node *folder, const struct memory_entry *entry)
{
    uint32_t first;
    return entry->position > POSITION_PARENT + tree_count(folder, &first);
}

void folder_set(struct memory_node *folder, struct memory_entry *entry, struct memory_node *node)
{
    struct memory_folder *table = &folder->folder;
    entry->node = node;
    entry->position = ++table->last_position;
    entry->next = NULL;
    entry->previous = table->last;
    if (table->last)
        table->last->next = entry;
    else
        table->first = entry;
    table->last = entry;
    table->child_count++;
}

void folder_set_from_tree(struct memory_node *folder, struct memory_entry *entry, struct memory_node *node)
{
    uint32_t first;
    tree_count(folder, &first);
    entry->node = node;
    entry->position = POSITION_PARENT + 1 + node->tree_number - first;
}

static void unlist(struct memory_node *folder, struct memory_entry *entry)
{
    struct memory_folder *table = &folder->folder;
    if (!is_in_list(folder, entry))
        return;
    if (table->hint == entry)
        table->hint = NULL;
    *(entry->previous ? &entry->previous->next : &table->first) = entry->next;
    *(entry->next ? &entry->next->previous : &table->last) = entry->previous;
}

void folder_drop(struct memory_node *folder, struct memory_entry *entry)
{
    struct memory_entry **place = bucket_of(&folder->folder, entry->hash);
    while (*place != entry)
        place = &(*place)->chain;
    *place = entry->chain;
    folder->folder.entry_count--;
    heap_free(&memory_fs(folder)->heap, entry);
}

void folder_clear(struct memory_node *folder, struct memory_entry *entry)
{
    if (entry->node) {
        unlist(folder, entry);
        folder->folder.child_count--;
    }
    entry->node = NULL;
    entry->position = 0;
    if (!entry->covers)
        folder_drop(folder, entry);
}

/* --- listing --- */

static bool emit_node(const char *name, size_t size, const struct memory_node *node, uint64_t position,
                      host_dirent_emit *emit, void *context)
{
    struct host_dirent dirent = {
        .name = name, .size = size, .inode = node->inode, .next = position, .type = node->node.type};
    return emit(context, &dirent);
}

static const uint8_t tree_types[] = {
    [MEWZ_TREE_FILE] = WASI_FILETYPE_REGULAR_FILE,
    [MEWZ_TREE_FOLDER] = WASI_FILETYPE_DIRECTORY,
    [MEWZ_TREE_LINK] = WASI_FILETYPE_SYMBOLIC_LINK,
};

/* An entry of the tree, unless something here hides it or has taken its place. */
static bool emit_from_tree(const struct memory_node *folder, uint32_t number, uint64_t position, host_dirent_emit *emit,
                           void *context)
{
    const struct tree *tree = &memory_fs(folder)->tree;
    const struct mewz_tree_node *node = tree_node(tree, number);
    const char *name = tree_name(tree, number);
    if (!name || node->type >= sizeof tree_types || !tree_types[node->type])
        return true; /* the tree is damaged */
    const struct memory_entry *entry = folder_find(folder, (struct vfs_name){name, node->name_size});
    if (entry && entry->position != position)
        return true;
    if (entry)
        return emit_node(entry->name, entry->name_size, entry->node, position, emit, context);
    struct host_dirent dirent = {
        .name = name,
        .size = node->name_size,
        .inode = number + 1ull,
        .next = position,
        .type = tree_types[node->type],
    };
    return emit(context, &dirent);
}

/* The first entry of the list behind a cookie. */
static struct memory_entry *list_from(const struct memory_folder *folder, uint64_t cookie)
{
    struct memory_entry *entry = folder->first;
    if (folder->hint && folder->hint->position <= cookie)
        entry = folder->hint;
    while (entry && entry->position <= cookie)
        entry = entry->next;
    return entry;
}

void folder_list(struct memory_node *folder, uint64_t cookie, host_dirent_emit *emit, void *context)
{
    const struct memory_node *parent = folder->folder.parent ? folder->folder.parent : folder;
    uint32_t first, count = tree_count(folder, &first);
    if (cookie < 1 && !emit_node(".", 1, folder, 1, emit, context))
        return;
    if (cookie < POSITION_PARENT && !emit_node("..", 2, parent, POSITION_PARENT, emit, context))
        return;
    uint64_t index = cookie > POSITION_PARENT ? cookie - POSITION_PARENT : 0;
    for (; index < count; index++)
        if (!emit_from_tree(folder, first + (uint32_t)index, POSITION_PARENT + 1 + index, emit, context))
            return;
    struct memory_entry *entry = list_from(&folder->folder, cookie);
    for (; entry; entry = entry->next) {
        if (!emit_node(entry->name, entry->name_size, entry->node, entry->position, emit, context))
            return;
        folder->folder.hint = entry;
    }
}
