/* virtio_console.h: streams of bytes to and from the outside, by the first virtio console device (virtio 1.2,
 * section 5.3).
 *
 * The device has ports: numbered, named (VIRTIO_CONSOLE_F_MULTIPORT), or only one. Writing copies into large buffers
 * and returns while the device works on them; it waits only where all buffers are on their way. Nothing here may be
 * called by interrupt handlers. */
#ifndef DEV_VIRTIO_CONSOLE_H
#define DEV_VIRTIO_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct virtio_port;

/* The port of that name, or NULL. The first call brings the device up. */
struct virtio_port *virtio_port_find(const char *name);

/* The port that is for a terminal, without a name; NULL if there is none. */
struct virtio_port *virtio_port_find_console(void);

/* Writes all of it, or returns false when the other side is closed. The device gets it no later than virtio_port_push.
 */
bool virtio_port_write(struct virtio_port *port, const void *bytes, size_t size);
void virtio_port_push(struct virtio_port *port);

/* Waits until the device has done with all that was pushed to all ports. */
void virtio_port_flush(void);

/* Writes as much as goes without memory or interrupts, for messages of a dying kernel. */
void virtio_port_write_emergency(struct virtio_port *port, const void *bytes, size_t size);

/* Reads what has arrived, without waiting: the number of bytes. 0: there is nothing now, or nothing will come any more
 * (virtio_port_is_at_end). The device gets no memory to put input in before the first call of one of these four. */
size_t virtio_port_read(struct virtio_port *port, void *bytes, size_t size);
size_t virtio_port_readable(struct virtio_port *port); /* bytes that virtio_port_read would give */
bool virtio_port_is_at_end(struct virtio_port *port);

/* Idles the processor until virtio_port_read has something to give or to say, or the monotonic clock reaches
 * `deadline` (TIME_NEVER: none). */
void virtio_port_wait(struct virtio_port *port, uint64_t deadline);

/* The same in parts: see virtio_listen (virtio.h). */
void virtio_port_listen(struct virtio_port *port);
void virtio_port_unlisten(struct virtio_port *port);

#endif
