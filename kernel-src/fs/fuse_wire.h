/* fuse_wire.h: the messages of FUSE, as virtio-fs carries them (virtio 1.2, section 5.11.6.1; the numbers are those of
 * Linux, include/uapi/linux/fuse.h, version 7.31). Little-endian, as everything here. */
#ifndef FS_FUSE_WIRE_H
#define FS_FUSE_WIRE_H

#include <stdint.h>

enum { FUSE_MAJOR = 7, FUSE_MINOR = 31, FUSE_MINOR_LEAST = 27 };

enum { FUSE_ROOT_ID = 1 };

enum fuse_opcode {
    FUSE_LOOKUP = 1,
    FUSE_GETATTR = 3,
    FUSE_SETATTR = 4,
    FUSE_READLINK = 5,
    FUSE_SYMLINK = 6,
    FUSE_MKNOD = 8,
    FUSE_MKDIR = 9,
    FUSE_UNLINK = 10,
    FUSE_RMDIR = 11,
    FUSE_RENAME = 12,
    FUSE_LINK = 13,
    FUSE_OPEN = 14,
    FUSE_READ = 15,
    FUSE_WRITE = 16,
    FUSE_RELEASE = 18,
    FUSE_FSYNC = 20,
    FUSE_INIT = 26,
    FUSE_OPENDIR = 27,
    FUSE_READDIR = 28,
    FUSE_RELEASEDIR = 29,
    FUSE_FSYNCDIR = 30,
    FUSE_BATCH_FORGET = 42,
    FUSE_FALLOCATE = 43,
};

/* Before every request. */
struct fuse_request {
    uint32_t size; /* of the whole, this included */
    uint32_t opcode;
    uint64_t unique;
    uint64_t node;
    uint32_t user;
    uint32_t group;
    uint32_t process;
    uint32_t padding;
};
_Static_assert(sizeof(struct fuse_request) == 40, "fuse_in_header");

/* Before every reply. */
struct fuse_reply {
    uint32_t size; /* of the whole, this included */
    int32_t error; /* 0, or the negative of one of Linux's errno */
    uint64_t unique;
};
_Static_assert(sizeof(struct fuse_reply) == 16, "fuse_out_header");

struct fuse_attr {
    uint64_t inode;
    uint64_t size;
    uint64_t blocks;
    uint64_t access_time, modify_time, change_time; /* seconds since 1970 */
    uint32_t access_nanoseconds, modify_nanoseconds, change_nanoseconds;
    uint32_t mode;
    uint32_t link_count;
    uint32_t user, group;
    uint32_t device;
    uint32_t block_size;
    uint32_t flags;
};
_Static_assert(sizeof(struct fuse_attr) == 88, "fuse_attr");

/* What LOOKUP, MKNOD, MKDIR, SYMLINK and LINK reply. Each gives one more reference to the node. */
struct fuse_entry {
    uint64_t node; /* 0: there is none */
    uint64_t generation;
    uint64_t entry_valid, attr_valid; /* how long name and attributes may be believed, */
    uint32_t entry_valid_nanoseconds, attr_valid_nanoseconds;
    struct fuse_attr attr;
};
_Static_assert(sizeof(struct fuse_entry) == 128, "fuse_entry_out");

struct fuse_getattr_in {
    uint32_t flags;
    uint32_t padding;
    uint64_t handle;
};

struct fuse_attr_out {
    uint64_t valid;
    uint32_t valid_nanoseconds;
    uint32_t padding;
    struct fuse_attr attr;
};
_Static_assert(sizeof(struct fuse_attr_out) == 104, "fuse_attr_out");

enum { FUSE_SET_SIZE = 1 << 3, FUSE_SET_ACCESS = 1 << 4, FUSE_SET_MODIFY = 1 << 5, FUSE_SET_BY_HANDLE = 1 << 6 };

struct fuse_setattr_in {
    uint32_t valid; /* bits of what to set */
    uint32_t padding;
    uint64_t handle;
    uint64_t size;
    uint64_t lock_owner;
    uint64_t access_time, modify_time, change_time;
    uint32_t access_nanoseconds, modify_nanoseconds, change_nanoseconds;
    uint32_t mode;
    uint32_t unused4;
    uint32_t user, group;
    uint32_t unused5;
};
_Static_assert(sizeof(struct fuse_setattr_in) == 88, "fuse_setattr_in");

struct fuse_mknod_in { /* the name follows */
    uint32_t mode;
    uint32_t device;
    uint32_t umask;
    uint32_t padding;
};

struct fuse_mkdir_in { /* the name follows */
    uint32_t mode;
    uint32_t umask;
};

struct fuse_rename_in { /* the old name and the new one follow */
    uint64_t new_dir;
};

struct fuse_link_in { /* the name follows */
    uint64_t node;
};

struct fuse_open_in {
    uint32_t flags; /* as of Linux's open */
    uint32_t open_flags;
};

enum { FUSE_OPEN_DIRECT = 1 << 0 };

struct fuse_open_out {
    uint64_t handle;
    uint32_t open_flags; /* FUSE_OPEN_DIRECT: contents are not to be kept */
    uint32_t padding;
};

struct fuse_release_in {
    uint64_t handle;
    uint32_t flags;
    uint32_t release_flags;
    uint64_t lock_owner;
};

struct fuse_read_in { /* READ and READDIR */
    uint64_t handle;
    uint64_t offset;
    uint32_t size;
    uint32_t read_flags;
    uint64_t lock_owner;
    uint32_t flags;
    uint32_t padding;
};
_Static_assert(sizeof(struct fuse_read_in) == 40, "fuse_read_in");

struct fuse_write_in { /* the data follow */
    uint64_t handle;
    uint64_t offset;
    uint32_t size;
    uint32_t write_flags;
    uint64_t lock_owner;
    uint32_t flags;
    uint32_t padding;
};
_Static_assert(sizeof(struct fuse_write_in) == 40, "fuse_write_in");

struct fuse_write_out {
    uint32_t size;
    uint32_t padding;
};

enum { FUSE_FSYNC_DATA_ONLY = 1 };

struct fuse_fsync_in {
    uint64_t handle;
    uint32_t flags;
    uint32_t padding;
};

struct fuse_fallocate_in {
    uint64_t handle;
    uint64_t offset;
    uint64_t size;
    uint32_t mode;
    uint32_t padding;
};

struct fuse_dirent { /* the name follows, and zeroes up to a multiple of 8 */
    uint64_t inode;
    uint64_t next; /* the offset behind this entry */
    uint32_t name_size;
    uint32_t type; /* the upper bits of a mode: DT_ of Linux */
};
_Static_assert(sizeof(struct fuse_dirent) == 24, "fuse_dirent");

enum { FUSE_BIG_WRITES = 1 << 5, FUSE_MAX_PAGES = 1 << 22 };

struct fuse_init_in {
    uint32_t major, minor;
    uint32_t readahead;
    uint32_t flags;
};

struct fuse_init_out {
    uint32_t major, minor;
    uint32_t readahead;
    uint32_t flags;
    uint16_t background, congestion;
    uint32_t write_max;
    uint32_t time_granularity;
    uint16_t pages_max;
    uint16_t padding;
    uint32_t unused[8];
};
_Static_assert(sizeof(struct fuse_init_out) == 64, "fuse_init_out");

struct fuse_forget_one {
    uint64_t node;
    uint64_t count;
};

struct fuse_batch_forget_in { /* the nodes follow */
    uint32_t count;
    uint32_t padding;
};

#endif
