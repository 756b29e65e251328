/* virtio_console_device.h: the device and its ports, for the two files of virtio_console.h: virtio_console.c brings the
 * device up and hears what it tells, virtio_port.c carries the bytes. Section numbers are those of virtio 1.2. */
#ifndef DEV_VIRTIO_CONSOLE_DEVICE_H
#define DEV_VIRTIO_CONSOLE_DEVICE_H

#include "dev/virtio.h"
#include "dev/virtio_console.h"

enum {
    PORTS_MAX = 13,
    NAME_MAX = 31,

    /* As much as a Linux pipe holds, so that the host's side takes a buffer in one gulp. */
    TRANSMIT_BUFFERS = 4,
    TRANSMIT_BUFFER_PAGES = 16,

    /* A page a buffer: QEMU puts at most 4096 bytes into one. */
    RECEIVE_BUFFERS = 16,
};

struct transmit_buffer {
    char *bytes; /* NULL until it is needed first */
    uint32_t capacity;
    uint32_t size;
    bool in_flight;
};

struct receive_buffer {
    char *bytes;
    uint32_t size; /* that the device put there */
};

struct virtio_port {
    uint16_t id;
    bool present;
    bool is_console;
    bool opened; /* by us */
    bool closed; /* by the other side */
    char name[NAME_MAX + 1];

    struct virtq transmit;
    struct transmit_buffer transmit_buffers[TRANSMIT_BUFFERS];
    struct transmit_buffer *filling; /* not given to the device yet, or NULL */

    struct virtq receive;
    struct receive_buffer receive_buffers[RECEIVE_BUFFERS];
    struct receive_buffer *reading; /* taken from the device, not all read yet, or NULL */
    uint32_t read_offset;           /* in `reading` */
    unsigned returned;              /* buffers given back to the device since it was told */
};

extern struct virtio_console {
    enum { UNTRIED, ABSENT, UP } state;
    bool multiport;
    uint16_t port_count;
    struct virtio_device device;
    struct virtq control_receive;
    struct virtq control_transmit;
    char *control_buffers;
    struct control *control_slots;
    unsigned control_sent; /* messages in all */
    struct virtio_port ports[PORTS_MAX];
} virtio_console;

/* 5.3.2: port 0 has the queues 0 and 1, the control queues come next, then a pair for each further port. */
static inline uint16_t virtio_port_receive_index(const struct virtio_port *port)
{
    return (uint16_t)(port->id == 0 ? 0 : 2 * port->id + 2);
}

static inline uint16_t virtio_port_transmit_index(const struct virtio_port *port)
{
    return (uint16_t)(virtio_port_receive_index(port) + 1);
}

/* Handles what the device has told on the control queue. */
void virtio_console_receive_control(void);

/* Section 5.3.6.2: a port that the driver has not opened gets no input. */
void virtio_port_open(struct virtio_port *port);

/* True for a device that breaks the rules as well, which is as good as gone. */
bool virtio_port_is_closed(const struct virtio_port *port, const struct virtq *queue);

/* Idles until the device has returned a buffer on that queue, has something to tell, or it is `deadline`. */
void virtio_console_wait(struct virtq *queue, uint64_t deadline);

#endif
