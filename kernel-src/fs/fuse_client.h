/* fuse_client.h: requests to a FUSE server, the nodes that it told of, and contents of files. For fuse.c. */
#ifndef FS_FUSE_CLIENT_H
#define FS_FUSE_CLIENT_H

#include "dev/virtio_fs.h"
#include "fs/fuse_wire.h"
#include "fs/page_cache.h"
#include "fs/vfs.h"
#include "mm/heap.h"

enum {
    FUSE_BUFFER = 8192,         /* bytes of a request or of a reply, file contents not included */
    FUSE_TRANSFER_MAX = 262144, /* bytes of file contents in one request */
    FUSE_NODE_BUCKETS = 1024,
    FUSE_NAMES = 512,
    FUSE_FORGETS = 64, /* that are told together */
};

struct fuse_node {
    struct vfs_node node;
    struct fuse_node *next; /* in its bucket */
    uint64_t id;
    uint64_t lookups;      /* references that the server counts */
    uint64_t attr_until;   /* when `attr` is to be asked for again, by time_now */
    uint64_t attr_request; /* the one whose reply said so */
    struct fuse_attr attr;
    uint64_t handle; /* an open one, if has_handle */
    bool has_handle;
    bool removed; /* a name of it was: its storage may be waiting for us to let go */

    /* Contents (fuse_contents.c). */
    uint64_t contents;   /* owner of those pages in the cache that go with `attr`; 0: there are none */
    bool is_settled;     /* whatever changes the contents from now on changes `attr` as well */
    bool is_direct;      /* the server wants nothing kept */
    bool was_written;    /* since it was last read */
    uint32_t read_ahead; /* pages that the last reader who went on was given in advance */
    uint64_t next_read;  /* the page behind those that were read last */
};

/* A name that was looked up: references to both nodes. */
struct fuse_name {
    struct fuse_node *dir, *node;
    uint64_t until;
    size_t size;
    char text[];
};

struct fuse {
    struct vfs vfs;
    struct virtio_fs transport;
    struct heap heap;
    struct page_cache pages; /* contents of files */
    uint64_t last_owner;     /* of any of them */
    uint64_t unique;
    uint32_t transfer_max;
    char *request, *reply; /* FUSE_BUFFER bytes each */
    size_t request_size;
    struct fuse_node *nodes[FUSE_NODE_BUCKETS];
    struct fuse_name *names[FUSE_NAMES];
    struct fuse_forget_one forgets[FUSE_FORGETS];
    unsigned forget_count;
};

/* Brings the session up over a transport that has started. False if server and client do not understand each other. */
bool fuse_start(struct fuse *fuse);

/* --- requests: begin, put what belongs into it, send --- */

void fuse_begin(struct fuse *fuse, enum fuse_opcode opcode, uint64_t node);
void fuse_put(struct fuse *fuse, const void *bytes, size_t size);
void fuse_put_name(struct fuse *fuse, struct vfs_name name); /* with a zero at its end */

/* Sends it, and copies the reply's first `size` bytes behind its header to `out`: WASI_EIO if it has fewer. */
uint32_t fuse_send(struct fuse *fuse, void *out, size_t size);

/* Sends it for a reply of any size up to `room`, which stays at *out until the next request. */
uint32_t fuse_send_any(struct fuse *fuse, size_t room, const char **out, size_t *size);

/* Sends it with file contents: `slices` of `out` physical memory behind the request, and `in` behind the reply's header
 * and the `size` bytes that go to `reply`. *contents is how many bytes of contents came. */
uint32_t fuse_send_contents(struct fuse *fuse, const struct virtq_slice *slices, unsigned out, unsigned in, void *reply,
                            size_t size, size_t *contents);

/* --- nodes --- */

static inline struct fuse *fuse_of(const struct vfs_node *node)
{
    return (struct fuse *)(void *)((char *)node->vfs - offsetof(struct fuse, vfs));
}

static inline struct fuse_node *fuse_node_of(const struct vfs_node *node)
{
    return (struct fuse_node *)(void *)((char *)node - offsetof(struct fuse_node, node));
}

uint8_t fuse_type_of(uint32_t mode); /* enum wasi_filetype */

/* The root, with a reference; NULL: no memory. */
struct vfs_node *fuse_make_root(struct fuse *fuse);

/* The node of an entry that the server replied, with a reference for the caller; the name is remembered. */
uint32_t fuse_take_entry(struct fuse_node *dir, struct vfs_name name, const struct fuse_entry *entry,
                         struct fuse_node **node);

/* Sends a request whose reply is the node's attributes, and takes them. */
uint32_t fuse_take_attr(struct fuse_node *node);

/* Asks for the attributes where they are not to be believed any longer. */
uint32_t fuse_check_attr(struct fuse_node *node);

/* A name that may still be believed, with a reference for the caller; or NULL. */
struct fuse_node *fuse_find_name(struct fuse_node *dir, struct vfs_name name);
void fuse_drop_name(struct fuse_node *dir, struct vfs_name name);

/* Gives the server's references and the memory back. */
void fuse_release(struct vfs_node *node);

/* --- contents of files (fuse_contents.c): the VFS's operations --- */

uint32_t fuse_contents_read(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                            size_t *done);
uint32_t fuse_contents_write(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                             size_t *done);

/* The program changes, or is about to change, what the file contains. */
static inline void fuse_contents_changed(struct fuse_node *node)
{
    node->contents = 0;
    node->attr_until = 0;
    node->was_written = true;
}

#endif
