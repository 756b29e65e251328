/* virtio_fs.h: the transport of a file system that the host serves (virtio 1.2, section 5.11): requests and replies.
 *
 * Knows no FUSE. A call hands the device a request and memory for the reply, and waits. */
#ifndef DEV_VIRTIO_FS_H
#define DEV_VIRTIO_FS_H

#include <stdbool.h>
#include <stdint.h>

#include "dev/virtio.h"

enum {
    VIRTIO_FS_RING = 128,      /* descriptors of each queue */
    VIRTIO_FS_SLICES_MAX = 96, /* of one call */
    VIRTIO_FS_TAG_SIZE = 36,   /* bytes of a device's name */
};

struct virtio_port;

struct virtio_fs {
    struct virtio_device device;
    struct virtq urgent, requests;
    void *memory;
    /* A port that the server holds open as long as it lives; NULL: nobody tells of its end. The device itself says
     * nothing then, and a request stays without an answer. */
    struct virtio_port *alive;
    bool failed; /* the server is gone, or the device broke the rules: every call fails from now on */
};

/* Finds and starts the device with that tag. False if the machine has none that works. */
bool virtio_fs_start(struct virtio_fs *fs, const char *tag);

/* Hands over `out` slices to read and `in` slices to write, and waits until the device has done with them: *written is
 * how many bytes it wrote. False if the server is gone; the memory is the caller's again in any case. */
bool virtio_fs_call(struct virtio_fs *fs, const struct virtq_slice *slices, unsigned out, unsigned in,
                    uint32_t *written);

/* The same for a request that gets no reply. */
bool virtio_fs_tell(struct virtio_fs *fs, const struct virtq_slice *slices, unsigned out);

#endif
