/* host_file.h: what the functions on files and paths ask of the system below them, beside host.h.
 *
 * A path is relative to an open folder and never leads out of it: not by `..`, not as an absolute one, not by a
 * symbolic link, not even while somebody else exchanges links (WASI_ENOTCAPABLE). Descriptors, rights, flags and
 * positions are the WASI layer's; a host has open files. Functions return an enum wasi_errno. Nothing here is linked
 * into a program that imports no function on paths. */
#ifndef WASI_HOST_FILE_H
#define WASI_HOST_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wasi/host.h"
#include "wasi/types.h"

struct host_file; /* an open file or folder; known to the system only, and never NULL */

struct host_path {
    const char *text; /* without a zero at its end, in linear memory */
    size_t size;
};

enum host_access { HOST_READ = 1, HOST_WRITE = 2 };

struct host_open {
    unsigned access;    /* bits of enum host_access */
    bool follow;        /* a symbolic link at the path's end; else it is WASI_ELOOP */
    bool create;        /* a file that is not there */
    bool exclusive;     /* with create: what is there is WASI_EEXIST */
    bool truncate;      /* what is there becomes empty */
    bool folder;        /* anything else is WASI_ENOTDIR; not with create */
    bool may_not_block; /* a pipe or device that the host's folder has is opened without waiting */
};

/* How a write is done; bits. */
enum host_write {
    HOST_APPEND = 1,    /* at the end of the file, wherever that is */
    HOST_SYNC_DATA = 2, /* data, or data and all about it, have reached the storage when the call returns */
    HOST_SYNC_ALL = 4,
};

struct host_times {
    bool set_access, set_modify;
    uint64_t access, modify; /* nanoseconds since 1970 */
};

/* An entry of a folder. The name lives for the call of `emit`. */
struct host_dirent {
    const char *name;
    size_t size;
    uint64_t inode;
    uint64_t next; /* cookie of what follows */
    uint8_t type;  /* enum wasi_filetype */
};
typedef bool host_dirent_emit(void *context, const struct host_dirent *entry); /* false: enough */

/* The folder number `index` that the program is given, and its name for it. WASI_ENOENT behind the last one. */
uint32_t host_file_preopen(uint32_t index, struct host_file **folder, const char **name);

/* Opens what is at a path, or makes it. The caller closes it. */
uint32_t host_file_open(struct host_file *folder, struct host_path path, const struct host_open *how,
                        struct host_file **file);
void host_file_close(struct host_file *file);

/* At *offset, which moves behind what was transferred; *done counts also what came before an error. */
uint32_t host_file_read(struct host_file *file, const struct host_slice *slices, size_t count, uint64_t *offset,
                        size_t *done);
uint32_t host_file_write(struct host_file *file, const struct host_slice *slices, size_t count, uint64_t *offset,
                         unsigned how, size_t *done);

/* All that is known of it; its size, where more is zeroes; its times; storage for these bytes, so that writing them
 * cannot fail for want of it, and the file is as long at least (WASI_ENOTSUP); and what was written, or with
 * `data_only` what reading it back needs, reaches the storage before the call returns. */
uint32_t host_file_stat(struct host_file *file, struct wasi_filestat *stat);
uint32_t host_file_set_size(struct host_file *file, uint64_t size);
uint32_t host_file_set_times(struct host_file *file, const struct host_times *times);
uint32_t host_file_allocate(struct host_file *file, uint64_t offset, uint64_t size);
uint32_t host_file_sync(struct host_file *file, bool data_only);

/* Entries behind `cookie`, 0 for all, until `emit` has enough. `.` and `..` are among them. */
uint32_t host_file_readdir(struct host_file *folder, uint64_t cookie, host_dirent_emit *emit, void *context);

/* The same of what is at a path; `follow` is for a symbolic link at its end. */
uint32_t host_path_stat(struct host_file *folder, struct host_path path, bool follow, struct wasi_filestat *stat);
uint32_t host_path_set_times(struct host_file *folder, struct host_path path, bool follow,
                             const struct host_times *times);
/* Where a path leads to what is not there, and WASI_EEXIST if it is. A link's target is text, checked
 * when it is followed. Removing: an empty folder (WASI_ENOTEMPTY), and all that is no folder (WASI_EISDIR). */
uint32_t host_path_create_folder(struct host_file *folder, struct host_path path);
uint32_t host_path_remove_folder(struct host_file *folder, struct host_path path);
uint32_t host_path_remove_file(struct host_file *folder, struct host_path path);
uint32_t host_path_symlink(struct host_file *folder, struct host_path path, struct host_path target);

/* Cut to `room` bytes. */
uint32_t host_path_readlink(struct host_file *folder, struct host_path path, char *target, size_t room, size_t *size);
/* A further name for what is no folder (WASI_EPERM); and another one instead, which replaces a file by a file and an
 * empty folder by a folder, in one step. */
uint32_t host_path_link(struct host_file *folder, struct host_path path, bool follow, struct host_file *new_folder,
                        struct host_path new_path);
uint32_t host_path_rename(struct host_file *folder, struct host_path path, struct host_file *new_folder,
                          struct host_path new_path);

#endif
