/* names.c: in which blocks of a large folder a name may be.
 *
 * A table with open addressing has for each name a part of its hash and its block. A name that was removed stays in it,
 * and costs a look into its block; when the table is full it is made anew from the folder. The folders that were used
 * last have one, whether somebody holds their node or not. */
#include "ext4/volume.h"

enum { SLOTS_MIN = 4096, SLOTS_MAX = 1 << 19, TAG_SHIFT = 16, BLOCK_MAX = (1 << TAG_SHIFT) - 2 };

_Static_assert(SLOTS_MAX * sizeof(uint32_t) == 512 * CACHE_BLOCK, "what can be had in one piece");

/* FNV-1a. */
static uint32_t hash_name(struct vfs_name name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (uint8_t)name.text[i]) * 16777619u;
    return hash ^ hash >> 15;
}

/* The upper half of a hash, and the block plus one: never 0, which is an empty slot. */
static uint32_t make_slot(uint32_t hash, uint64_t block)
{
    return hash >> TAG_SHIFT << TAG_SHIFT | (uint32_t)(block + 1);
}

static size_t pages_of(size_t capacity)
{
    return capacity * sizeof(uint32_t) / CACHE_BLOCK;
}

static void forget(struct names *names)
{
    if (names->slots)
        heap_pages_free(&ext4_heap, names->slots, pages_of(names->capacity));
    *names = (struct names){0};
}

struct names *names_find(struct ext4_node *folder)
{
    struct volume *volume = volume_of(&folder->node);
    for (size_t i = 0; i < NAMES_FOLDERS; i++)
        if (volume->names[i].folder == folder->number) {
            volume->names[i].used_at = ++volume->names_used;
            return &volume->names[i];
        }
    return NULL;
}

struct names *names_make(struct ext4_node *folder, uint64_t name_count)
{
    struct volume *volume = volume_of(&folder->node);
    struct names *names = volume->names;
    uint64_t capacity = SLOTS_MIN;
    while (capacity < 2 * name_count)
        capacity *= 2;
    if (capacity > SLOTS_MAX)
        return NULL; /* and the others keep theirs */
    for (size_t i = 1; i < NAMES_FOLDERS; i++)
        if (volume->names[i].used_at < names->used_at)
            names = &volume->names[i];
    forget(names);
    uint32_t *slots = heap_pages_alloc(&ext4_heap, pages_of(capacity));
    if (!slots)
        return NULL;
    memset(slots, 0, capacity * sizeof(uint32_t));
    *names =
        (struct names){.folder = folder->number, .slots = slots, .capacity = capacity, .used_at = ++volume->names_used};
    return names;
}

void names_drop(struct ext4_node *folder)
{
    struct names *names = names_find(folder);
    if (names)
        forget(names);
}

void names_fini(struct volume *volume)
{
    for (size_t i = 0; i < NAMES_FOLDERS; i++)
        forget(&volume->names[i]);
}

bool names_add(struct names *names, struct vfs_name name, uint64_t block)
{
    uint32_t hash = hash_name(name), added = make_slot(hash, block);
    if (block > BLOCK_MAX || names->count >= names->capacity / 4 * 3) {
        forget(names);
        return false;
    }
    size_t at = hash & (names->capacity - 1);
    while (names->slots[at] && names->slots[at] != added)
        at = (at + 1) & (names->capacity - 1);
    names->count += names->slots[at] == 0;
    names->slots[at] = added;
    return true;
}

bool names_next(const struct names *names, struct vfs_name name, struct names_search *search, uint64_t *block)
{
    uint32_t hash = hash_name(name);
    size_t mask = names->capacity - 1;
    for (size_t at = (hash + search->steps) & mask; names->slots[at]; at = (at + 1) & mask) {
        search->steps++;
        *block = (names->slots[at] & ((1u << TAG_SHIFT) - 1)) - 1;
        if (names->slots[at] == make_slot(hash, *block))
            return true;
    }
    return false;
}
