/* virtio_port.c: what goes through the ports of the console device: see virtio_console.h. */
#include "arch/x86_64/time.h"
#include "dev/virtio_console_device.h"
#include "mm/page.h"
#include "panic.h"

/* --- writing --- */

/* Takes back the buffers that the device has done with. */
static void reap_transmit(struct virtio_port *port)
{
    struct transmit_buffer *buffer;
    while ((buffer = virtq_take(&port->transmit, NULL)) != NULL) {
        buffer->in_flight = false;
        buffer->size = 0;
    }
}

/* Gives a transmit buffer memory: as much as can be had, for a program can have taken nearly all of it. */
static bool allocate_transmit(struct transmit_buffer *buffer)
{
    for (size_t pages = TRANSMIT_BUFFER_PAGES; pages > 0 && !buffer->bytes; pages /= 4) {
        buffer->bytes = pages_alloc(pages);
        buffer->capacity = (uint32_t)(pages * PAGE_SIZE);
    }
    return buffer->bytes != NULL;
}

/* A buffer to fill, or NULL while the device has all of them. */
static struct transmit_buffer *free_transmit_buffer(struct virtio_port *port)
{
    for (unsigned i = 0; i < TRANSMIT_BUFFERS && port->transmit.free_count > 0; i++) {
        struct transmit_buffer *buffer = &port->transmit_buffers[i];
        if (!buffer->in_flight && (buffer->bytes || allocate_transmit(buffer)))
            return buffer;
    }
    if (port->transmit.in_flight == 0)
        panic("virtio-console", "no memory for output");
    return NULL;
}

/* Sees to it that port->filling has room. False if the port is closed. */
static bool make_room(struct virtio_port *port)
{
    while (!port->filling) {
        virtio_console_receive_control();
        reap_transmit(port);
        if (virtio_port_is_closed(port, &port->transmit))
            return false;
        port->filling = free_transmit_buffer(port);
        if (!port->filling)
            virtio_console_wait(&port->transmit, TIME_NEVER);
    }
    return true;
}

void virtio_port_push(struct virtio_port *port)
{
    struct transmit_buffer *buffer = port->filling;
    if (!buffer || buffer->size == 0)
        return;
    port->filling = NULL;
    buffer->in_flight = true;
    struct virtq_slice slice = {page_phys(buffer->bytes), buffer->size};
    virtq_add(&port->transmit, &slice, 1, 0, buffer);
    virtio_kick(&virtio_console.device, virtio_port_transmit_index(port), &port->transmit);
}

bool virtio_port_write(struct virtio_port *port, const void *bytes, size_t size)
{
    virtio_port_open(port);
    for (const char *from = bytes; size > 0;) {
        if (!make_room(port))
            return false;
        struct transmit_buffer *buffer = port->filling;
        size_t room = buffer->capacity - buffer->size;
        size_t part = size < room ? size : room;
        __builtin_memcpy(buffer->bytes + buffer->size, from, part);
        buffer->size += (uint32_t)part;
        from += part;
        size -= part;
        if (part == room)
            virtio_port_push(port);
    }
    return true;
}

void virtio_port_flush(void)
{
    for (unsigned i = 0; virtio_console.state == UP && i < virtio_console.port_count; i++) {
        struct virtio_port *port = &virtio_console.ports[i];
        virtio_port_push(port);
        reap_transmit(port);
        while (port->transmit.in_flight > 0 && !virtio_port_is_closed(port, &port->transmit)) {
            virtio_console_wait(&port->transmit, TIME_NEVER);
            virtio_console_receive_control();
            reap_transmit(port);
        }
    }
}

void virtio_port_write_emergency(struct virtio_port *port, const void *bytes, size_t size)
{
    /* Whatever was going on with the usual buffers goes on never, so this one needs no care but its own. */
    enum { LOOKS = 100000000 };
    static struct transmit_buffer buffer;
    static char memory[256] __attribute__((aligned(256))); /* in one page */
    const char *from = bytes;
    while (size > 0) {
        uint32_t part = (uint32_t)(size < sizeof memory ? size : sizeof memory);
        __builtin_memcpy(memory, from, part);
        struct virtq_slice slice = {page_phys(memory), part};
        for (unsigned look = 0; look < LOOKS && !virtq_add(&port->transmit, &slice, 1, 0, &buffer); look++)
            virtq_take(&port->transmit, NULL);
        virtio_kick(&virtio_console.device, virtio_port_transmit_index(port), &port->transmit);
        for (unsigned look = 0; look < LOOKS && port->transmit.in_flight > 0; look++)
            virtq_take(&port->transmit, NULL);
        if (port->transmit.in_flight > 0)
            return;
        from += part;
        size -= part;
    }
}

/* --- reading --- */

static void offer_receive_buffer(struct virtio_port *port, struct receive_buffer *buffer)
{
    struct virtq_slice slice = {page_phys(buffer->bytes), (uint32_t)PAGE_SIZE};
    virtq_add(&port->receive, &slice, 0, 1, buffer);
    port->returned++;
}

static void kick_receive(struct virtio_port *port)
{
    port->returned = 0;
    virtio_kick(&virtio_console.device, virtio_port_receive_index(port), &port->receive);
}

/* Gives the device memory for input, at first use. */
static void start_receive(struct virtio_port *port)
{
    if (port->receive_buffers[0].bytes)
        return;
    for (unsigned i = 0; i < RECEIVE_BUFFERS; i++) {
        struct receive_buffer *buffer = &port->receive_buffers[i];
        buffer->bytes = page_alloc();
        if (buffer->bytes)
            offer_receive_buffer(port, buffer);
        else if (i == 0)
            panic("virtio-console", "no memory for input");
        else
            break;
    }
    /* In this order: QEMU looks for input that waits when it is told of buffers, but not when a port opens. */
    virtio_port_open(port);
    kick_receive(port);
}

/* Makes port->reading a buffer with bytes to read, if there is one. */
static bool next_receive_buffer(struct virtio_port *port)
{
    start_receive(port);
    while (!port->reading || port->read_offset == port->reading->size) {
        if (port->reading)
            offer_receive_buffer(port, port->reading);
        uint32_t size = 0;
        port->read_offset = 0;
        port->reading = virtq_take(&port->receive, &size);
        /* Half of the buffers at a time, or what there is when the device may be waiting for it. */
        if (port->returned >= RECEIVE_BUFFERS / 2 || (!port->reading && port->returned > 0))
            kick_receive(port);
        if (!port->reading)
            return false;
        port->reading->size = size;
    }
    return true;
}

size_t virtio_port_read(struct virtio_port *port, void *bytes, size_t size)
{
    size_t total = 0;
    for (char *to = bytes; total < size && next_receive_buffer(port);) {
        size_t rest = port->reading->size - port->read_offset;
        size_t part = size - total < rest ? size - total : rest;
        __builtin_memcpy(to + total, port->reading->bytes + port->read_offset, part);
        port->read_offset += (uint32_t)part;
        total += part;
    }
    return total;
}

size_t virtio_port_readable(struct virtio_port *port)
{
    return next_receive_buffer(port) ? port->reading->size - port->read_offset : 0;
}

bool virtio_port_is_at_end(struct virtio_port *port)
{
    /* In this order: what the device sent before it closed is in the ring by the time the message is. */
    virtio_console_receive_control();
    bool closed = virtio_port_is_closed(port, &port->receive);
    return !next_receive_buffer(port) && closed;
}

void virtio_port_wait(struct virtio_port *port, uint64_t deadline)
{
    if (virtio_port_readable(port) == 0 && !virtio_port_is_at_end(port))
        virtio_console_wait(&port->receive, deadline);
}
