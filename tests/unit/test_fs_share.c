/* Folders of the host (fs/fuse.h) with a server in this process: what is asked of it, and what a program reads while
 * the host changes its files. */
#include <string.h>

#include "arch/x86_64/time.h"
#include "fs/fuse.h"
#include "fs/fuse_client.h"
#include "pages.h"
#include "slices.h"

#define SECOND 1000000000ull

/* A file system and its caches are for ever, and lost here with the program. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

/* --- the kernel and its host --- */

static uint64_t now = SECOND;

uint64_t time_now(void)
{
    return now;
}

uint64_t time_wall(void)
{
    return 1700000000 * SECOND + now;
}

enum { FILE_NODE = 2, FILE_HANDLE = 7, OPCODES = 64 };

static struct {
    char bytes[1 << 20];
    size_t size;
    uint64_t changed; /* in seconds, as coarse as clocks of file systems are at worst */
    uint64_t valid;   /* for how many seconds attributes may be believed */
    bool direct;
    unsigned asked[OPCODES];
} host;

static void change(char content, size_t size)
{
    memset(host.bytes, content, size);
    host.size = size;
    host.changed = time_wall() / SECOND;
}

static unsigned requests(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < OPCODES; i++)
        count += host.asked[i];
    memset(host.asked, 0, sizeof host.asked);
    return count;
}

bool virtio_fs_start(struct virtio_fs *fs, const char *tag)
{
    *fs = (struct virtio_fs){0};
    return strcmp(tag, "share") == 0;
}

bool virtio_fs_tell(struct virtio_fs *fs, const struct virtq_slice *slices, unsigned out)
{
    return fs && slices && out == 1;
}

static struct fuse_attr attr(uint64_t node)
{
    struct fuse_attr folder = {.mode = 0040755}, file = {.mode = 0100644, .size = host.size};
    file.modify_time = file.change_time = host.changed;
    return node == FILE_NODE ? file : folder;
}

static size_t read_file(const struct fuse_read_in *in, char *body)
{
    size_t left = in->offset < host.size ? host.size - in->offset : 0, size = in->size < left ? in->size : left;
    memcpy(body, host.bytes + in->offset, size);
    return size;
}

static size_t write_file(const struct fuse_write_in *in, const char *data, char *body)
{
    struct fuse_write_out out = {.size = in->size};
    memcpy(host.bytes + in->offset, data, in->size);
    if (in->offset + in->size > host.size)
        host.size = in->offset + in->size;
    host.changed = time_wall() / SECOND;
    memcpy(body, &out, sizeof out);
    return sizeof out;
}

static size_t answer(const struct fuse_request *request, const char *in, char *body)
{
    struct fuse_init_out init = {.major = FUSE_MAJOR, .minor = FUSE_MINOR, .write_max = 1 << 17};
    struct fuse_entry entry = {.node = FILE_NODE, .entry_valid = host.valid, .attr_valid = host.valid};
    struct fuse_attr_out attributes = {.valid = host.valid, .attr = attr(request->node)};
    struct fuse_open_out opened = {.handle = FILE_HANDLE, .open_flags = host.direct ? FUSE_OPEN_DIRECT : 0};
    CHECK(request->opcode < OPCODES);
    host.asked[request->opcode]++;
    switch (request->opcode) {
    case FUSE_INIT:
        memcpy(body, &init, sizeof init);
        return sizeof init;
    case FUSE_LOOKUP:
        entry.attr = attr(FILE_NODE);
        memcpy(body, &entry, sizeof entry);
        return sizeof entry;
    case FUSE_SETATTR:
        change('-', ((const struct fuse_setattr_in *)(const void *)in)->size);
        attributes.attr = attr(request->node);
        memcpy(body, &attributes, sizeof attributes);
        return sizeof attributes;
    case FUSE_GETATTR:
        memcpy(body, &attributes, sizeof attributes);
        return sizeof attributes;
    case FUSE_OPEN:
        memcpy(body, &opened, sizeof opened);
        return sizeof opened;
    case FUSE_READ:
        return read_file((const void *)in, body);
    case FUSE_WRITE:
        return write_file((const void *)in, in + sizeof(struct fuse_write_in), body);
    default:
        CHECK(request->opcode == FUSE_RELEASE || request->opcode == FUSE_FSYNC);
        return 0;
    }
}

bool virtio_fs_call(struct virtio_fs *fs, const struct virtq_slice *slices, unsigned out, unsigned in,
                    uint32_t *written)
{
    static char request[1 << 20] __attribute__((aligned(16))), reply[1 << 20] __attribute__((aligned(16)));
    struct fuse_request header;
    (void)fs;
    slices_carry(slices, out, request, sizeof request, true);
    memcpy(&header, request, sizeof header);
    size_t size = answer(&header, request + sizeof header, reply + sizeof(struct fuse_reply));
    struct fuse_reply replied = {.size = (uint32_t)(sizeof replied + size), .unique = header.unique};
    memcpy(reply, &replied, sizeof replied);
    *written = (uint32_t)slices_carry(slices + out, in, reply, replied.size, false);
    return true;
}

/* --- the program --- */

static struct vfs_node *root;

static struct vfs_file open_file(void)
{
    struct vfs_file file;
    struct host_open how = {.access = HOST_READ | HOST_WRITE};
    CHECK(vfs_open(root, (struct vfs_name){"file", 4}, &how, &file) == 0);
    return file;
}

/* Reads up to `count` bytes into two slices, all of which are `content`. */
static size_t read_at(struct vfs_file *file, uint64_t offset, size_t count, char content)
{
    static char bytes[sizeof host.bytes];
    struct host_slice slices[2] = {{bytes, count / 3}, {bytes + count / 3, count - count / 3}};
    size_t done;
    memset(bytes, 0, sizeof bytes);
    CHECK(file->node->vfs->ops->read(file, slices, 2, offset, &done) == 0);
    for (size_t i = 0; i < done; i++)
        CHECK(bytes[i] == content);
    return done;
}

static void write_at(struct vfs_file *file, uint64_t offset, size_t count, char content)
{
    static char bytes[1 << 16];
    size_t done;
    memset(bytes, content, count);
    CHECK(file->node->vfs->ops->write(file, &(struct host_slice){bytes, count}, 1, offset, &done) == 0);
    CHECK(done == count);
}

static void begin(char content, size_t size)
{
    host.valid = 1;
    host.direct = false;
    change(content, size);
    now += 10 * SECOND; /* the file rests, and nothing of before is believed */
    requests();
}

static void test_again_and_again(void)
{
    begin('a', 5000);
    struct vfs_file file = open_file();
    requests();
    for (unsigned i = 0; i < 1000; i++)
        CHECK(read_at(&file, i, 100, 'a') == 100);
    CHECK(host.asked[FUSE_READ] == 1 && requests() == 1);
    now += 2 * SECOND;
    CHECK(read_at(&file, 4096, 100, 'a') == 100);
    CHECK(host.asked[FUSE_GETATTR] == 1 && requests() == 1);
    CHECK(read_at(&file, 4950, 100, 'a') == 50 && read_at(&file, 5000, 100, 'a') == 0 && requests() == 0);
    vfs_close(&file);
}

static void test_reading_on(void)
{
    begin('a', sizeof host.bytes);
    struct vfs_file file = open_file();
    requests();
    for (size_t offset = 0; offset < sizeof host.bytes; offset += 1000)
        CHECK(read_at(&file, offset, 1000, 'a') == (sizeof host.bytes - offset < 1000 ? 576 : 1000));
    CHECK(host.asked[FUSE_READ] == 10 && requests() == 10);
    vfs_close(&file);
    begin('b', sizeof host.bytes);
    file = open_file();
    requests();
    CHECK(read_at(&file, 0, sizeof host.bytes, 'b') == sizeof host.bytes);
    CHECK(host.asked[FUSE_READ] == 4 && requests() == 4);
    vfs_close(&file);
}

/* Within a second nobody need see what the host has changed; then everybody does. */
static void test_host_changes(void)
{
    begin('a', 5000);
    struct vfs_file file = open_file();
    CHECK(read_at(&file, 0, 5000, 'a') == 5000);
    change('b', 5000);
    now += SECOND + 1;
    CHECK(read_at(&file, 0, 5000, 'b') == 5000);
    change('c', 9000);
    now += SECOND + 1;
    CHECK(read_at(&file, 0, 9000, 'c') == 9000);
    change('d', 10);
    now += SECOND + 1;
    CHECK(read_at(&file, 0, 9000, 'd') == 10);
    vfs_close(&file);
}

/* Two changes that the clock of the host's file system does not tell apart. */
static void test_same_tick(void)
{
    begin('a', 5000);
    change('b', 5000);
    struct vfs_file file = open_file();
    CHECK(read_at(&file, 0, 5000, 'b') == 5000);
    uint64_t tick = host.changed;
    change('c', 5000);
    host.changed = tick;
    now += SECOND + 1;
    CHECK(read_at(&file, 0, 5000, 'c') == 5000);
    vfs_close(&file);
}

/* Whoever opens a file has what was in it then. */
static void test_opening(void)
{
    begin('a', 5000);
    struct vfs_file file = open_file();
    CHECK(read_at(&file, 0, 5000, 'a') == 5000);
    change('b', 6000);
    struct vfs_file second = open_file();
    CHECK(read_at(&second, 0, 7000, 'b') == 6000 && read_at(&file, 0, 7000, 'b') == 6000);
    vfs_close(&second);
    vfs_close(&file);
    now += 10 * SECOND;
    file = open_file();
    CHECK(read_at(&file, 0, 6000, 'b') == 6000);
    vfs_close(&file);
    requests();
    file = open_file();
    CHECK(read_at(&file, 0, 6000, 'b') == 6000);
    vfs_close(&file);
    CHECK(host.asked[FUSE_READ] == 0 && host.asked[FUSE_GETATTR] == 1 && requests() == 3);
}

/* The host makes a file shorter of which the program believes that it is longer. */
static void test_short_file(void)
{
    begin('a', 100000);
    struct vfs_file file = open_file();
    CHECK(read_at(&file, 0, 100, 'a') == 100);
    change('b', 70000);
    CHECK(read_at(&file, 65536, 30000, 'b') == 70000 - 65536);
    CHECK(read_at(&file, 0, 100, 'b') == 100);
    vfs_close(&file);
}

static void test_own_changes(void)
{
    begin('a', 5000);
    struct vfs_file file = open_file(), second = open_file();
    CHECK(read_at(&second, 0, 5000, 'a') == 5000);
    write_at(&file, 0, 5000, 'b');
    CHECK(read_at(&second, 0, 5000, 'b') == 5000 && read_at(&file, 0, 5000, 'b') == 5000);
    requests();
    for (unsigned i = 0; i < 10; i++) {
        write_at(&file, 0, 5000, 'c');
        CHECK(read_at(&file, 0, 5000, 'c') == 5000);
    }
    CHECK(host.asked[FUSE_WRITE] == 10 && requests() == 20);
    CHECK(file.node->vfs->ops->set_size(&file, 50) == 0);
    CHECK(read_at(&second, 0, 5000, '-') == 50 && read_at(&second, 0, 5000, '-') == 50);
    vfs_close(&second);
    vfs_close(&file);
}

/* Where the host has written too, a program that appends is not to write over it. */
static void test_end(void)
{
    uint64_t end;
    begin('a', 100);
    struct vfs_file file = open_file();
    change('a', 200);
    CHECK(file.node->vfs->ops->end(&file, &end) == 0 && end == 200);
    vfs_close(&file);
}

/* Servers that want nothing kept, by either of the ways to say so. */
static void test_nothing_kept(void)
{
    for (unsigned way = 0; way < 2; way++) {
        begin('a', 5000);
        host.direct = way == 0;
        host.valid = way == 0;
        struct vfs_file file = open_file();
        CHECK(read_at(&file, 0, 5000, 'a') == 5000);
        change('b', 5000);
        CHECK(read_at(&file, 0, 5000, 'b') == 5000);
        vfs_close(&file);
    }
}

static void test_no_memory(void)
{
    size_t limit = pages_limit;
    begin('a', 100000);
    struct vfs_file file = open_file();
    page_reclaim(pages_in_use);
    pages_limit = pages_in_use;
    CHECK(read_at(&file, 0, 100000, 'a') == 100000 && read_at(&file, 99900, 1000, 'a') == 100);
    pages_limit = limit;
    CHECK(read_at(&file, 0, 100000, 'a') == 100000);
    vfs_close(&file);
}

int main(void)
{
    root = fuse_mount("share", false);
    CHECK(root);
    vfs_mount(NULL, root);
    test_again_and_again();
    test_reading_on();
    test_host_changes();
    test_same_tick();
    test_opening();
    test_short_file();
    test_own_changes();
    test_end();
    test_nothing_kept();
    test_no_memory();
    return 0;
}
