/* virtio_console.c: see virtio_console.h. Section numbers are those of virtio 1.2. */
#include "dev/virtio_console.h"

#include "arch/x86_64/time.h"
#include "dev/virtio.h"
#include "mm/page.h"
#include "panic.h"

enum { F_MULTIPORT = 1 };                           /* 5.3.3 */
enum { CONFIG_MAX_PORTS = 4 };                      /* 5.3.4 */
enum { CONTROL_RECEIVE = 2, CONTROL_TRANSMIT = 3 }; /* 5.3.2 */

/* 5.3.6.2. */
struct control {
    uint32_t port;
    uint16_t event;
    uint16_t value;
};
_Static_assert(sizeof(struct control) == 8, "virtio 1.2, section 5.3.6.2");
enum {
    DEVICE_READY = 0,
    PORT_ADD = 1,
    PORT_REMOVE = 2,
    PORT_READY = 3,
    CONSOLE_PORT = 4,
    PORT_OPEN = 6,
    PORT_NAME = 7,
};

enum {
    PORTS_MAX = 13,
    NAME_MAX = 31,

    /* A message on the control queue, a name behind it included. QEMU drops messages for which it finds no buffer. */
    CONTROL_BUFFERS = 64,
    CONTROL_BUFFER_SIZE = 64,
    CONTROL_SLOTS = 16, /* messages to the device at a time */

    /* As much as a Linux pipe holds, so that the host's side takes a buffer in one gulp. */
    TRANSMIT_BUFFERS = 4,
    TRANSMIT_BUFFER_PAGES = 16,

    /* A page a buffer: QEMU puts at most 4096 bytes into one. */
    RECEIVE_BUFFERS = 16,
};

/* How long the device may take to answer before it counts as dead. */
static const uint64_t answer_timeout = 1000000000; /* ns */

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

static struct {
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
} console;

/* 5.3.2: port 0 has the queues 0 and 1, the control queues come next, then a pair for each further port. */
static uint16_t receive_index(const struct virtio_port *port)
{
    return (uint16_t)(port->id == 0 ? 0 : 2 * port->id + 2);
}

static uint16_t transmit_index(const struct virtio_port *port)
{
    return (uint16_t)(receive_index(port) + 1);
}

/* --- control messages --- */

static void handle_name(struct virtio_port *port, const char *name, size_t size)
{
    size = size < NAME_MAX ? size : NAME_MAX;
    __builtin_memcpy(port->name, name, size);
    port->name[size] = 0; /* the device may have sent a zero of its own, or none */
}

static void send_control(uint32_t port, uint16_t event, uint16_t value);

static void handle_control(const struct control *message, const char *rest, size_t rest_size)
{
    if (message->port >= console.port_count)
        return;
    struct virtio_port *port = &console.ports[message->port];
    switch (message->event) {
    case PORT_ADD:
        port->present = true;
        send_control(message->port, PORT_READY, 1);
        break;
    case PORT_REMOVE:
        port->closed = true;
        break;
    case CONSOLE_PORT:
        port->is_console = true;
        break;
    case PORT_OPEN:
        port->closed = message->value == 0;
        break;
    case PORT_NAME:
        handle_name(port, rest, rest_size);
        break;
    default: /* a size of the terminal: nothing asks for it */
        break;
    }
}

static void offer_control_buffer(char *buffer)
{
    struct virtq_slice slice = {page_phys(buffer), CONTROL_BUFFER_SIZE};
    virtq_add(&console.control_receive, &slice, 0, 1, buffer);
}

/* Handles what the device has told on the control queue. */
static void receive_control(void)
{
    char *buffer;
    uint32_t size;
    while (console.multiport && (buffer = virtq_take(&console.control_receive, &size)) != NULL) {
        char copy[CONTROL_BUFFER_SIZE]; /* looked at twice, so not where the device can write */
        __builtin_memcpy(copy, buffer, size);
        struct control message;
        __builtin_memcpy(&message, copy, sizeof message);
        if (size >= sizeof message)
            handle_control(&message, copy + sizeof message, size - sizeof message);
        offer_control_buffer(buffer);
    }
    virtio_kick(&console.device, CONTROL_RECEIVE, &console.control_receive);
}

/* Waits until the device has taken all control messages. False if it does not. */
static bool finish_control(void)
{
    struct virtq *queue = &console.control_transmit;
    virtio_kick(&console.device, CONTROL_TRANSMIT, queue);
    uint64_t deadline = 0; /* QEMU takes them at once if it emulates: that must not cost a look at the clock */
    while (queue->in_flight > 0) {
        if (virtq_take(queue, NULL))
            continue;
        uint64_t now = time_now();
        if (queue->broken || (deadline != 0 && now >= deadline))
            return false;
        deadline = deadline ? deadline : now + answer_timeout;
        virtio_wait(&console.device, &queue, 1, deadline);
    }
    return true;
}

static void send_control(uint32_t port, uint16_t event, uint16_t value)
{
    if (console.control_transmit.free_count == 0 && !finish_control())
        return;
    /* In order, as the device takes them; one that does not confuses only itself. */
    struct control *slot = &console.control_slots[console.control_sent++ % CONTROL_SLOTS];
    *slot = (struct control){port, event, value};
    struct virtq_slice slice = {page_phys(slot), sizeof *slot};
    virtq_add(&console.control_transmit, &slice, 1, 0, slot);
}

/* --- bringing the device up --- */

/* Queue memory is cut from pages that are never given back. */
static void *allocate_queue(char **memory, uint16_t size)
{
    char *queue = *memory;
    *memory += virtq_bytes(size);
    return queue;
}

static bool add_queues(void)
{
    size_t bytes = console.port_count * (virtq_bytes(RECEIVE_BUFFERS) + virtq_bytes(TRANSMIT_BUFFERS)) +
                   virtq_bytes(CONTROL_BUFFERS) + virtq_bytes(CONTROL_SLOTS);
    size_t pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    char *memory = pages_alloc(pages);
    if (!memory)
        return false;
    __builtin_memset(memory, 0, pages * PAGE_SIZE);

    struct virtio_device *device = &console.device;
    for (uint16_t i = 0; i < console.port_count; i++) {
        struct virtio_port *port = &console.ports[i];
        port->id = i;
        void *receive = allocate_queue(&memory, RECEIVE_BUFFERS);
        void *transmit = allocate_queue(&memory, TRANSMIT_BUFFERS);
        if (!virtio_add_queue(device, receive_index(port), &port->receive, receive, RECEIVE_BUFFERS) ||
            !virtio_add_queue(device, transmit_index(port), &port->transmit, transmit, TRANSMIT_BUFFERS))
            return false;
    }
    if (!console.multiport)
        return true;
    void *receive = allocate_queue(&memory, CONTROL_BUFFERS);
    void *transmit = allocate_queue(&memory, CONTROL_SLOTS);
    return virtio_add_queue(device, CONTROL_RECEIVE, &console.control_receive, receive, CONTROL_BUFFERS) &&
           virtio_add_queue(device, CONTROL_TRANSMIT, &console.control_transmit, transmit, CONTROL_SLOTS);
}

/* Learns from the device which ports there are. QEMU has answered a message by the time it returns it, so that nothing
 * needs to be waited for that may never come. */
static bool learn_ports(void)
{
    send_control(0xffffffff, DEVICE_READY, 1);
    if (!finish_control())
        return false;
    receive_control(); /* PORT_ADD for each port, answered with PORT_READY */
    if (!finish_control())
        return false;
    receive_control(); /* their names and what they are */
    return true;
}

static bool start_multiport(void)
{
    console.control_buffers = page_alloc();
    console.control_slots = page_alloc();
    if (!console.control_buffers || !console.control_slots || !virtio_start(&console.device))
        return false;
    for (unsigned i = 0; i < CONTROL_BUFFERS; i++)
        offer_control_buffer(console.control_buffers + i * CONTROL_BUFFER_SIZE);
    virtio_kick(&console.device, CONTROL_RECEIVE, &console.control_receive);
    return learn_ports();
}

/* Without MULTIPORT, port 0 is all that there is, and it is a console. */
static bool start_single(void)
{
    console.ports[0].present = true;
    console.ports[0].is_console = true;
    console.ports[0].opened = true;
    return virtio_start(&console.device);
}

static bool start_device(void)
{
    struct virtio_device *device = &console.device;
    if (!virtio_negotiate(device, 1ull << F_MULTIPORT))
        return false;
    console.multiport = virtio_has_feature(device, F_MULTIPORT);
    uint32_t ports = console.multiport ? device->transport->read_config(device, CONFIG_MAX_PORTS, 4) : 1;
    console.port_count = (uint16_t)(ports < PORTS_MAX ? ports : PORTS_MAX);
    return add_queues() && (console.multiport ? start_multiport() : start_single());
}

static bool console_is_up(void)
{
    if (console.state == UNTRIED) {
        console.state = ABSENT;
        if (virtio_find(VIRTIO_ID_CONSOLE, &console.device)) {
            if (start_device())
                console.state = UP;
            else
                virtio_fail(&console.device);
        }
    }
    return console.state == UP;
}

/* --- finding ports --- */

/* Section 5.3.6.2: a port that the driver has not opened gets no input. */
static void open_port(struct virtio_port *port)
{
    if (port->opened)
        return;
    port->opened = true;
    send_control(port->id, PORT_OPEN, 1);
    finish_control();
}

static bool names_equal(const char *a, const char *b)
{
    for (; *a == *b; a++, b++)
        if (*a == 0)
            return true;
    return false;
}

struct virtio_port *virtio_port_find(const char *name)
{
    for (unsigned i = 0; console_is_up() && i < console.port_count; i++)
        if (console.ports[i].present && names_equal(console.ports[i].name, name))
            return &console.ports[i];
    return NULL;
}

struct virtio_port *virtio_port_find_console(void)
{
    for (unsigned i = 0; console_is_up() && i < console.port_count; i++)
        if (console.ports[i].present && console.ports[i].is_console)
            return &console.ports[i];
    return NULL;
}

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

/* The queues on which the device returns what is waited for, or has something to tell. */
static unsigned waited_queues(struct virtq *queue, struct virtq *queues[2])
{
    queues[0] = queue;
    queues[1] = &console.control_receive;
    return console.multiport && !console.control_receive.broken ? 2 : 1;
}

static void wait_queue(struct virtq *queue, uint64_t deadline)
{
    struct virtq *queues[2];
    unsigned count = waited_queues(queue, queues);
    virtio_wait(&console.device, queues, count, deadline);
}

/* A device that breaks the rules is as good as gone. */
static bool is_closed(const struct virtio_port *port, const struct virtq *queue)
{
    return port->closed || queue->broken || console.control_receive.broken;
}

/* Sees to it that port->filling has room. False if the port is closed. */
static bool make_room(struct virtio_port *port)
{
    while (!port->filling) {
        receive_control();
        reap_transmit(port);
        if (is_closed(port, &port->transmit))
            return false;
        port->filling = free_transmit_buffer(port);
        if (!port->filling)
            wait_queue(&port->transmit, TIME_NEVER);
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
    virtio_kick(&console.device, transmit_index(port), &port->transmit);
}

bool virtio_port_write(struct virtio_port *port, const void *bytes, size_t size)
{
    open_port(port);
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
    for (unsigned i = 0; console.state == UP && i < console.port_count; i++) {
        struct virtio_port *port = &console.ports[i];
        virtio_port_push(port);
        reap_transmit(port);
        while (port->transmit.in_flight > 0 && !is_closed(port, &port->transmit)) {
            wait_queue(&port->transmit, TIME_NEVER);
            receive_control();
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
        virtio_kick(&console.device, transmit_index(port), &port->transmit);
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
    virtio_kick(&console.device, receive_index(port), &port->receive);
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
    open_port(port);
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
    receive_control();
    bool closed = is_closed(port, &port->receive);
    return !next_receive_buffer(port) && closed;
}

void virtio_port_wait(struct virtio_port *port, uint64_t deadline)
{
    if (virtio_port_readable(port) == 0 && !virtio_port_is_at_end(port))
        wait_queue(&port->receive, deadline);
}

void virtio_port_listen(struct virtio_port *port)
{
    struct virtq *queues[2];
    unsigned count = waited_queues(&port->receive, queues);
    virtio_listen(&console.device, queues, count);
}

void virtio_port_unlisten(struct virtio_port *port)
{
    struct virtq *queues[2];
    unsigned count = waited_queues(&port->receive, queues);
    virtio_unlisten(queues, count);
}
