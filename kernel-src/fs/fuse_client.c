/* fuse_client.c: see fuse_client.h. */
#include "fs/fuse_client.h"

#include "arch/x86_64/time.h"
#include "mm/page.h"

#define SECOND 1000000000u

/* --- errors --- */

/* By Linux's numbers (include/uapi/asm-generic/errno-base.h, errno.h). */
static const uint8_t errors[] = {
    [1] = WASI_EPERM,    [2] = WASI_ENOENT,     [4] = WASI_EINTR,    [5] = WASI_EIO,           [6] = WASI_ENXIO,
    [7] = WASI_E2BIG,    [9] = WASI_EBADF,      [11] = WASI_EAGAIN,  [12] = WASI_ENOMEM,       [13] = WASI_EACCES,
    [16] = WASI_EBUSY,   [17] = WASI_EEXIST,    [18] = WASI_EXDEV,   [19] = WASI_ENODEV,       [20] = WASI_ENOTDIR,
    [21] = WASI_EISDIR,  [22] = WASI_EINVAL,    [23] = WASI_ENFILE,  [24] = WASI_EMFILE,       [25] = WASI_ENOTTY,
    [26] = WASI_ETXTBSY, [27] = WASI_EFBIG,     [28] = WASI_ENOSPC,  [29] = WASI_ESPIPE,       [30] = WASI_EROFS,
    [31] = WASI_EMLINK,  [34] = WASI_ERANGE,    [35] = WASI_EDEADLK, [36] = WASI_ENAMETOOLONG, [37] = WASI_ENOLCK,
    [38] = WASI_ENOSYS,  [39] = WASI_ENOTEMPTY, [40] = WASI_ELOOP,   [75] = WASI_EOVERFLOW,    [84] = WASI_EILSEQ,
    [95] = WASI_ENOTSUP, [116] = WASI_ESTALE,   [122] = WASI_EDQUOT,
};

static uint32_t wasi_error(int32_t error)
{
    if (error == 0)
        return WASI_SUCCESS;
    int64_t number = -(int64_t)error;
    uint32_t known = number > 0 && (size_t)number < sizeof errors ? errors[number] : 0;
    return known ? known : WASI_EIO;
}

/* --- requests --- */

void fuse_begin(struct fuse *fuse, enum fuse_opcode opcode, uint64_t node)
{
    struct fuse_request header = {.opcode = opcode, .unique = ++fuse->unique, .node = node};
    fuse->request_size = 0;
    fuse_put(fuse, &header, sizeof header);
}

void fuse_put(struct fuse *fuse, const void *bytes, size_t size)
{
    __builtin_memcpy(fuse->request + fuse->request_size, bytes, size);
    fuse->request_size += size;
}

void fuse_put_name(struct fuse *fuse, struct vfs_name name)
{
    fuse_put(fuse, name.text, name.size);
    fuse_put(fuse, "", 1);
}

static void finish_request(struct fuse *fuse, size_t contents)
{
    struct fuse_request *header = (void *)fuse->request;
    header->size = (uint32_t)(fuse->request_size + contents);
}

/* Of the reply to the last request: nonsense is WASI_EIO. */
static uint32_t check_reply(struct fuse *fuse, uint32_t written)
{
    struct fuse_reply reply;
    if (written < sizeof reply)
        return WASI_EIO;
    __builtin_memcpy(&reply, fuse->reply, sizeof reply);
    if (reply.unique != fuse->unique || reply.size != written || reply.error > 0)
        return WASI_EIO;
    return wasi_error(reply.error);
}

uint32_t fuse_send_contents(struct fuse *fuse, const struct virtq_slice *slices, unsigned out, unsigned in, void *reply,
                            size_t size, size_t *contents)
{
    struct virtq_slice all[VIRTIO_FS_SLICES_MAX];
    size_t out_size = 0;
    for (unsigned i = 0; i < out; i++)
        out_size += slices[i].size;
    finish_request(fuse, out_size);
    all[0] = (struct virtq_slice){page_phys(fuse->request), (uint32_t)fuse->request_size};
    __builtin_memcpy(all + 1, slices, out * sizeof *slices);
    all[1 + out] = (struct virtq_slice){page_phys(fuse->reply), (uint32_t)(sizeof(struct fuse_reply) + size)};
    __builtin_memcpy(all + 2 + out, slices + out, in * sizeof *slices);

    uint32_t written;
    if (!virtio_fs_call(&fuse->transport, all, 1 + out, 1 + in, &written))
        return WASI_EIO;
    uint32_t error = check_reply(fuse, written);
    if (error)
        return error;
    if (written < sizeof(struct fuse_reply) + size)
        return WASI_EIO;
    __builtin_memcpy(reply, fuse->reply + sizeof(struct fuse_reply), size);
    *contents = written - sizeof(struct fuse_reply) - size;
    return WASI_SUCCESS;
}

uint32_t fuse_send(struct fuse *fuse, void *out, size_t size)
{
    static const struct virtq_slice none;
    size_t contents;
    return fuse_send_contents(fuse, &none, 0, 0, out, size, &contents);
}

uint32_t fuse_send_any(struct fuse *fuse, size_t room, const char **out, size_t *size)
{
    const char *rest = fuse->reply + sizeof(struct fuse_reply);
    struct virtq_slice slice = {page_phys(rest), (uint32_t)room};
    *out = rest;
    return fuse_send_contents(fuse, &slice, 0, 1, NULL, 0, size);
}

bool fuse_start(struct fuse *fuse)
{
    struct fuse_init_in in = {FUSE_MAJOR, FUSE_MINOR, 0, FUSE_BIG_WRITES | FUSE_MAX_PAGES};
    struct fuse_init_out out;
    fuse_begin(fuse, FUSE_INIT, 0);
    fuse_put(fuse, &in, sizeof in);
    if (fuse_send(fuse, &out, sizeof out) != 0 || out.major != FUSE_MAJOR || out.minor < FUSE_MINOR_LEAST)
        return false;
    fuse->transfer_max = out.write_max < FUSE_TRANSFER_MAX ? out.write_max : FUSE_TRANSFER_MAX;
    return fuse->transfer_max >= PAGE_SIZE;
}

/* --- giving references back --- */

static void tell_forgets(struct fuse *fuse)
{
    struct fuse_batch_forget_in in = {.count = fuse->forget_count};
    if (fuse->forget_count == 0)
        return;
    fuse_begin(fuse, FUSE_BATCH_FORGET, 0);
    fuse_put(fuse, &in, sizeof in);
    fuse_put(fuse, fuse->forgets, fuse->forget_count * sizeof *fuse->forgets);
    finish_request(fuse, 0);
    struct virtq_slice slice = {page_phys(fuse->request), (uint32_t)fuse->request_size};
    virtio_fs_tell(&fuse->transport, &slice, 1);
    fuse->forget_count = 0;
}

static void forget(struct fuse *fuse, uint64_t id, uint64_t count, bool at_once)
{
    if (id == FUSE_ROOT_ID || count == 0)
        return;
    fuse->forgets[fuse->forget_count++] = (struct fuse_forget_one){id, count};
    if (at_once || fuse->forget_count == FUSE_FORGETS)
        tell_forgets(fuse);
}

static struct fuse_node **bucket_of(struct fuse *fuse, uint64_t id)
{
    return &fuse->nodes[(id ^ id >> 10 ^ id >> 20) % FUSE_NODE_BUCKETS];
}

void fuse_release(struct vfs_node *node)
{
    struct fuse *fuse = fuse_of(node);
    struct fuse_node *released = fuse_node_of(node);
    struct fuse_node **at = bucket_of(fuse, released->id);
    while (*at != released)
        at = &(*at)->next;
    *at = released->next;
    uint64_t id = released->id, lookups = released->lookups;
    bool removed = released->removed;
    heap_free(&fuse->heap, released);
    forget(fuse, id, lookups, removed);
}

/* --- names --- */

static struct fuse_name **slot_of(struct fuse *fuse, const struct fuse_node *dir, struct vfs_name name)
{
    uint64_t hash = dir->id + 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (uint8_t)name.text[i]) * 0x100000001b3u;
    return &fuse->names[(hash ^ hash >> 32) % FUSE_NAMES];
}

static bool is_name(const struct fuse_name *entry, const struct fuse_node *dir, struct vfs_name name)
{
    return entry && entry->dir == dir && entry->size == name.size &&
           __builtin_memcmp(entry->text, name.text, name.size) == 0;
}

static void empty_slot(struct fuse *fuse, struct fuse_name **slot)
{
    struct fuse_name *entry = *slot;
    if (!entry)
        return;
    *slot = NULL;
    vfs_put(&entry->node->node);
    vfs_put(&entry->dir->node);
    heap_free(&fuse->heap, entry);
}

struct fuse_node *fuse_find_name(struct fuse_node *dir, struct vfs_name name)
{
    struct fuse *fuse = fuse_of(&dir->node);
    struct fuse_name **slot = slot_of(fuse, dir, name);
    if (!is_name(*slot, dir, name) || time_now() >= (*slot)->until)
        return NULL;
    return fuse_node_of(vfs_get(&(*slot)->node->node));
}

void fuse_drop_name(struct fuse_node *dir, struct vfs_name name)
{
    struct fuse *fuse = fuse_of(&dir->node);
    struct fuse_name **slot = slot_of(fuse, dir, name);
    if (is_name(*slot, dir, name))
        empty_slot(fuse, slot);
}

static uint64_t until(uint64_t valid, uint32_t nanoseconds)
{
    const uint64_t longest = 3600;
    if (valid == 0 && nanoseconds == 0)
        return 0;
    return time_now() + (valid < longest ? valid : longest) * SECOND + nanoseconds % SECOND;
}

static void remember_name(struct fuse_node *dir, struct vfs_name name, struct fuse_node *node,
                          const struct fuse_entry *entry)
{
    struct fuse *fuse = fuse_of(&dir->node);
    struct fuse_name **slot = slot_of(fuse, dir, name);
    empty_slot(fuse, slot);
    uint64_t end = until(entry->entry_valid, entry->entry_valid_nanoseconds);
    struct fuse_name *made = end ? heap_alloc(&fuse->heap, sizeof *made + name.size) : NULL;
    if (!made)
        return;
    *made = (struct fuse_name){.dir = dir, .node = node, .until = end, .size = name.size};
    __builtin_memcpy(made->text, name.text, name.size);
    vfs_get(&dir->node);
    vfs_get(&node->node);
    *slot = made;
}

/* --- nodes --- */

uint8_t fuse_type_of(uint32_t mode)
{
    /* By the upper four bits of Linux's mode (include/uapi/linux/stat.h). */
    static const uint8_t types[16] = {
        [2] = WASI_FILETYPE_CHARACTER_DEVICE, [4] = WASI_FILETYPE_DIRECTORY,      [6] = WASI_FILETYPE_BLOCK_DEVICE,
        [8] = WASI_FILETYPE_REGULAR_FILE,     [10] = WASI_FILETYPE_SYMBOLIC_LINK, [12] = WASI_FILETYPE_SOCKET_STREAM,
    };
    return types[mode >> 12 & 15];
}

/* --- attributes --- */

/* A file that has rested for longer than clocks of file systems take to move, and the host's may be ahead of ours: its
 * next change gives it another time. */
static bool has_settled(const struct fuse_attr *attr)
{
    enum { REST = 5 };
    uint64_t now = time_wall() / SECOND;
    return now >= REST && attr->change_time <= now - REST;
}

static bool is_same_state(const struct fuse_attr *one, const struct fuse_attr *other)
{
    return one->size == other->size && one->modify_time == other->modify_time &&
           one->modify_nanoseconds == other->modify_nanoseconds && one->change_time == other->change_time &&
           one->change_nanoseconds == other->change_nanoseconds;
}

static void set_attr(struct fuse_node *node, const struct fuse_attr *attr, uint64_t valid, uint32_t valid_nanoseconds)
{
    if (!node->is_settled || !is_same_state(&node->attr, attr))
        node->contents = 0;
    node->attr = *attr;
    node->attr_until = until(valid, valid_nanoseconds);
    node->attr_request = fuse_of(&node->node)->unique;
    node->is_settled = has_settled(attr);
}

uint32_t fuse_take_attr(struct fuse_node *node)
{
    struct fuse_attr_out out;
    uint32_t error = fuse_send(fuse_of(&node->node), &out, sizeof out);
    if (error)
        return error;
    if (fuse_type_of(out.attr.mode) != node->node.type)
        return WASI_EIO; /* nothing changes its kind */
    set_attr(node, &out.attr, out.valid, out.valid_nanoseconds);
    return WASI_SUCCESS;
}

uint32_t fuse_check_attr(struct fuse_node *node)
{
    struct fuse *fuse = fuse_of(&node->node);
    struct fuse_getattr_in in = {0};
    if (time_now() < node->attr_until)
        return WASI_SUCCESS;
    fuse_begin(fuse, FUSE_GETATTR, node->id);
    fuse_put(fuse, &in, sizeof in);
    return fuse_take_attr(node);
}

/* --- nodes --- */

static struct fuse_node *find_node(struct fuse *fuse, uint64_t id)
{
    struct fuse_node *node = *bucket_of(fuse, id);
    while (node && node->id != id)
        node = node->next;
    return node;
}

static struct fuse_node *make_node(struct fuse *fuse, uint64_t id, uint8_t type)
{
    struct fuse_node *node = heap_alloc_zeroed(&fuse->heap, 1, sizeof *node);
    if (!node)
        return NULL;
    vfs_node_init(&node->node, &fuse->vfs, type);
    node->id = id;
    node->next = *bucket_of(fuse, id);
    *bucket_of(fuse, id) = node;
    return node;
}

struct vfs_node *fuse_make_root(struct fuse *fuse)
{
    struct fuse_node *root = make_node(fuse, FUSE_ROOT_ID, WASI_FILETYPE_DIRECTORY);
    return root ? &root->node : NULL;
}

uint32_t fuse_take_entry(struct fuse_node *dir, struct vfs_name name, const struct fuse_entry *entry,
                         struct fuse_node **node)
{
    struct fuse *fuse = fuse_of(&dir->node);
    uint8_t type = fuse_type_of(entry->attr.mode);
    if (entry->node == 0)
        return WASI_ENOENT;
    struct fuse_node *found = find_node(fuse, entry->node);
    if (found && found->node.type != type) {
        forget(fuse, entry->node, 1, false);
        return WASI_EIO; /* nothing changes its kind */
    }
    if (found)
        vfs_get(&found->node);
    else if (!(found = make_node(fuse, entry->node, type))) {
        forget(fuse, entry->node, 1, false);
        return WASI_ENOMEM;
    }
    found->lookups++;
    set_attr(found, &entry->attr, entry->attr_valid, entry->attr_valid_nanoseconds);
    remember_name(dir, name, found, entry);
    *node = found;
    return WASI_SUCCESS;
}
