/* fd.h: the program's descriptors.
 *
 * A descriptor is a kind of thing (its functions) with rights and flags. The kinds: the three standard streams,
 * sockets, files and folders. A function of preview 1 finds its descriptor with fd_find, which checks the rights, and
 * then calls through `kind`. A function that a kind lacks is NULL there; what the program then gets is said beside
 * each. */
#ifndef WASI_FD_H
#define WASI_FD_H

#include <stddef.h>
#include <stdint.h>

#include "wasi/host_file.h"
#include "wasi/host_socket.h"
#include "wasi/types.h"

struct fd;

/* What only files and folders have: functions of host_file.h, through which the functions of preview 1 that a C library
 * calls for any descriptor (fd_seek) bring no file system into a program without one. */
struct fd_file_kind {
    uint32_t (*read)(struct host_file *file, const struct host_slice *slices, size_t count, uint64_t *offset,
                     size_t *done);
    uint32_t (*write)(struct host_file *file, const struct host_slice *slices, size_t count, uint64_t *offset,
                      unsigned how, size_t *done);
    uint32_t (*set_size)(struct host_file *file, uint64_t size);
    uint32_t (*set_times)(struct host_file *file, const struct host_times *times);
    uint32_t (*allocate)(struct host_file *file, uint64_t offset, uint64_t size);
    uint32_t (*sync)(struct host_file *file, bool data_only);
    uint32_t (*readdir)(struct host_file *folder, uint64_t cookie, host_dirent_emit *emit, void *context);
};

struct fd_kind {
    /* Transfer bytes in order, as host_stream_read and host_stream_write. NULL: WASI_ENOTSUP. */
    uint32_t (*read)(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done);
    uint32_t (*write)(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done);
    /* Fills in what it knows of a stat that is all zeroes, the file type at least. Every kind has it. */
    uint32_t (*stat)(struct fd *fd, struct wasi_filestat *stat);
    /* What may have to be waited for, bits of enum host_ready; all else is possible at any time. */
    uint8_t waits;
    /* Of a kind whose watch can say HOST_ERROR: which error it is. It stays to be told by the next call that fails. */
    uint32_t (*error)(struct fd *fd);
    /* Gives back what the system has for it. NULL: nothing. */
    void (*close)(struct fd *fd);
    /* What only sockets have; NULL: WASI_ENOTSOCK. `flags` are riflags, `to` may be NULL, `how` bits of sdflags. */
    uint32_t (*receive)(struct fd *fd, const struct host_slice *slices, size_t count, uint32_t flags,
                        struct host_received *received);
    uint32_t (*send)(struct fd *fd, const struct host_slice *slices, size_t count, const struct host_address *to,
                     size_t *sent);
    uint32_t (*shutdown)(struct fd *fd, uint32_t how);
    const struct fd_file_kind *file; /* NULL: neither file nor folder */
};

/* What is known of a socket beside what the host knows. */
struct fd_socket {
    enum host_family family;
    enum host_protocol protocol;
    bool listens;
    uint16_t error;           /* that poll_oneoff told already, and that the next call has to tell; 0: none */
    uint64_t receive_timeout; /* in nanoseconds; 0: none */
    uint64_t send_timeout;
};

struct fd {
    const struct fd_kind *kind; /* NULL: not open */
    uint64_t rights;
    uint64_t rights_inheriting;
    uint16_t flags;          /* enum wasi_fdflags */
    uint8_t stream;          /* which of the host's standard streams it is */
    struct host_watch watch; /* for waiting; between calls nothing is wanted. Its `socket` is the descriptor's */
    struct fd_socket socket;
    struct host_file *file;
    uint64_t offset;     /* of a file */
    const char *preopen; /* what the program calls a folder that it has from the start; else NULL */
    bool is_given;       /* the program has it from the start */
};

/* Finds an open descriptor that has all of `rights`: WASI_SUCCESS, WASI_EBADF or WASI_ENOTCAPABLE. */
uint32_t fd_find(uint32_t number, uint64_t rights, struct fd **fd);

/* Likewise; WASI_ENOTSOCK for one that is no socket, whatever its rights. */
uint32_t fd_find_socket(uint32_t number, uint64_t rights, struct fd **fd);

/* The lowest number that is free, for the caller to fill in: a descriptor is open when its `kind` is set. WASI_EMFILE:
 * there are FD_MAX open. WASI_ENOMEM: there is no memory for one more. */
uint32_t fd_open(uint32_t *number, struct fd **fd);

/* What fd_filestat_get tells, in the structure of any version. */
uint32_t fd_filestat(uint32_t number, struct wasi_filestat *stat);

#define FD_MAX 65536

#endif
