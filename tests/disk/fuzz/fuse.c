/* fuse.c: libFuzzer's target for host folders: a file server that replies whatever it likes, well-formed or not, to a
 * program that does whatever it likes. */
#include "fs/fuse.h"

#include "dev/virtio_fs.h"
#include "fs/fuse_client.h"
#include "kernel.h"
#include "operations.h"
#include "slices.h"

uint64_t time_wall(void)
{
    return time_now() * 100; /* files rest for long, or not, by the times that the server says */
}

bool virtio_fs_start(struct virtio_fs *fs, const char *tag)
{
    (void)fs, (void)tag;
    return input_byte() != 1;
}

bool virtio_fs_tell(struct virtio_fs *fs, const struct virtq_slice *slices, unsigned out)
{
    (void)fs, (void)slices, (void)out;
    return true;
}

/* --- replies --- */

static char body[FUSE_TRANSFER_MAX + FUSE_BUFFER];

static struct fuse_attr some_attr(void)
{
    static const uint32_t modes[] = {0040755, 0100644, 0120777, 0010000};
    return (struct fuse_attr){.mode = modes[input_byte() % 4],
                              .size = input_byte() % 4 ? input_byte() * 100u : input_number(),
                              .change_time = input_byte() % 8,
                              .link_count = 1};
}

static size_t some_entry(void)
{
    struct fuse_entry entry = {.node = input_byte() % 8, .entry_valid = input_byte(), .attr_valid = input_byte()};
    entry.attr = some_attr();
    memcpy(body, &entry, sizeof entry);
    return sizeof entry;
}

static size_t some_entries(void)
{
    size_t size = 0;
    for (unsigned count = input_byte() % 4; count > 0; count--) {
        uint32_t name_size = input_byte() % 8 ? input_byte() % 8 : input_byte();
        struct fuse_dirent entry = {input_byte(), input_byte(), name_size, input_byte()};
        memcpy(body + size, &entry, sizeof entry);
        input_copy(body + size + sizeof entry, name_size);
        size += (sizeof entry + name_size + 7) & ~7ul;
    }
    return size;
}

/* What a good server would say. */
static size_t good_body(uint32_t opcode)
{
    struct fuse_init_out init = {.major = FUSE_MAJOR, .minor = FUSE_MINOR, .write_max = 1 << (8 + input_byte() % 16)};
    struct fuse_attr_out attr = {.valid = input_byte(), .attr = {0}};
    struct fuse_write_out wrote = {.size = input_byte() * 40u};
    struct fuse_open_out opened = {0};
    switch (opcode) {
    case FUSE_INIT:
        memcpy(body, &init, sizeof init);
        return sizeof init;
    case FUSE_LOOKUP:
    case FUSE_MKNOD:
    case FUSE_MKDIR:
    case FUSE_SYMLINK:
    case FUSE_LINK:
        return some_entry();
    case FUSE_GETATTR:
    case FUSE_SETATTR:
        attr.attr = some_attr();
        memcpy(body, &attr, sizeof attr);
        return sizeof attr;
    case FUSE_READDIR:
        return some_entries();
    case FUSE_OPEN:
    case FUSE_OPENDIR:
        opened.open_flags = input_byte() % 8 == 0;
        memcpy(body, &opened, sizeof opened);
        return sizeof opened;
    case FUSE_WRITE:
        memcpy(body, &wrote, sizeof wrote);
        return sizeof wrote;
    case FUSE_READLINK:
        memcpy(body, "a/link/b", 8);
        return 8;
    case FUSE_READ:
        return input_byte() % 4 ? sizeof body : input_byte() * 32u; /* as much as there is room for, or less */
    default:
        return input_byte() * 32u;
    }
}

bool virtio_fs_call(struct virtio_fs *fs, const struct virtq_slice *slices, unsigned out, unsigned in,
                    uint32_t *written)
{
    static char reply[sizeof(struct fuse_reply) + sizeof body];
    struct fuse_request request;
    uint32_t stated = 0;
    (void)fs;
    CHECK(out >= 1 && in >= 1 && out + in <= VIRTIO_FS_SLICES_MAX && slices[0].size >= sizeof request);
    memcpy(&request, (void *)slices[0].address, sizeof request);
    for (unsigned i = 0; i < out; i++)
        stated += slices[i].size;
    CHECK(request.size == stated);

    uint8_t manner = input_byte();
    size_t size = manner < 200 ? good_body(request.opcode) : (size_t)(input_byte() | input_byte() << 8);
    if (manner >= 200)
        input_copy(body, size < 200 ? size : 200);
    struct fuse_reply header = {(uint32_t)(sizeof header + size), 0, request.unique};
    if (manner >= 180 && manner < 200)
        header.error = -(int32_t)input_byte(), header.size = sizeof header, size = 0;
    if (manner == 254)
        input_copy(&header, sizeof header);
    if (manner == 255)
        return false;
    memcpy(reply, &header, sizeof header);
    memcpy(reply + sizeof header, body, size);
    *written = (uint32_t)slices_carry(slices + out, in, reply, sizeof header + size, false);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    input_set(bytes, size);
    struct vfs_node *root = fuse_mount("tag", input_byte() % 16 == 15);
    if (root) {
        use_files(root);
        vfs_put(root);
    }
    kernel_reset();
    return 0;
}
