/* virtio_rng.h: random bytes from the host (virtio 1.2, section 5.4). */
#ifndef DEV_VIRTIO_RNG_H
#define DEV_VIRTIO_RNG_H

#include <stddef.h>

/* Reads up to `size` bytes, at most a page; returns how many there were, 0 without a device. Waits for the host, but
 * not for long. To be called once: the device is given up afterwards. */
size_t virtio_rng_read(void *bytes, size_t size);

#endif
