/* fd.h: the program's descriptors.
 *
 * A descriptor is a kind of thing (its functions) with rights and flags. The kinds: the three standard streams,
 * sockets. A function of preview 1 finds its descriptor with fd_find, which checks the rights, and then calls through
 * `kind`. A function that a kind lacks is NULL there; what the program then gets is said beside each. */
#ifndef WASI_FD_H
#define WASI_FD_H

#include <stddef.h>
#include <stdint.h>

#include "wasi/host_socket.h"
#include "wasi/types.h"

struct fd;

struct fd_kind {
    /* Transfer bytes in order, as host_stream_read and host_stream_write. NULL: WASI_ENOTSUP. */
    uint32_t (*read)(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done);
    uint32_t (*write)(struct fd *fd, const struct host_slice *slices, size_t count, size_t *done);
    /* Fills in what it knows of a stat that is all zeroes, the file type at least. Every kind has it. */
    void (*stat)(struct fd *fd, struct wasi_filestat *stat);
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
};

/* Finds an open descriptor that has all of `rights`: WASI_SUCCESS, WASI_EBADF or WASI_ENOTCAPABLE. */
uint32_t fd_find(uint32_t number, uint64_t rights, struct fd **fd);

/* Likewise; WASI_ENOTSOCK for one that is no socket. */
uint32_t fd_find_socket(uint32_t number, uint64_t rights, struct fd **fd);

/* The lowest number that is free, for the caller to fill in: a descriptor is open when its `kind` is set. WASI_EMFILE:
 * there are FD_MAX open. WASI_ENOMEM: there is no memory for one more. */
uint32_t fd_open(uint32_t *number, struct fd **fd);

#define FD_MAX 65536

/* For functions that no kind of descriptor offers: WASI_EBADF, WASI_ENOTCAPABLE, or `error` for a descriptor that is
 * open and has the rights. */
uint32_t fd_refuse(uint32_t number, uint64_t rights, uint32_t error);

#endif
