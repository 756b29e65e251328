/* virtio_console.c: see virtio_console.h. Section numbers are those of virtio 1.2. */
#include "dev/virtio_console.h"

#include "arch/x86_64/time.h"
#include "dev/virtio_console_device.h"
#include "mm/page.h"

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
    /* A message on the control queue, a name behind it included. QEMU drops messages for which it finds no buffer. */
    CONTROL_BUFFERS = 64,
    CONTROL_BUFFER_SIZE = 64,
    CONTROL_SLOTS = 16, /* messages to the device at a time */
};

/* How long the device may take to answer before it counts as dead. */
static const uint64_t answer_timeout = 1000000000; /* ns */

struct virtio_console virtio_console;

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
    if (message->port >= virtio_console.port_count)
        return;
    struct virtio_port *port = &virtio_console.ports[message->port];
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
    virtq_add(&virtio_console.control_receive, &slice, 0, 1, buffer);
}

void virtio_console_receive_control(void)
{
    char *buffer;
    uint32_t size;
    while (virtio_console.multiport && (buffer = virtq_take(&virtio_console.control_receive, &size)) != NULL) {
        char copy[CONTROL_BUFFER_SIZE]; /* looked at twice, so not where the device can write */
        __builtin_memcpy(copy, buffer, size);
        struct control message;
        __builtin_memcpy(&message, copy, sizeof message);
        if (size >= sizeof message)
            handle_control(&message, copy + sizeof message, size - sizeof message);
        offer_control_buffer(buffer);
    }
    virtio_kick(&virtio_console.device, CONTROL_RECEIVE, &virtio_console.control_receive);
}

/* Waits until the device has taken all control messages. False if it does not. */
static bool finish_control(void)
{
    struct virtq *queue = &virtio_console.control_transmit;
    virtio_kick(&virtio_console.device, CONTROL_TRANSMIT, queue);
    uint64_t deadline = 0; /* QEMU takes them at once if it emulates: that must not cost a look at the clock */
    while (queue->in_flight > 0) {
        if (virtq_take(queue, NULL))
            continue;
        uint64_t now = time_now();
        if (queue->broken || (deadline != 0 && now >= deadline))
            return false;
        deadline = deadline ? deadline : now + answer_timeout;
        virtio_wait(&virtio_console.device, &queue, 1, deadline);
    }
    return true;
}

static void send_control(uint32_t port, uint16_t event, uint16_t value)
{
    if (virtio_console.control_transmit.free_count == 0 && !finish_control())
        return;
    /* In order, as the device takes them; one that does not confuses only itself. */
    struct control *slot = &virtio_console.control_slots[virtio_console.control_sent++ % CONTROL_SLOTS];
    *slot = (struct control){port, event, value};
    struct virtq_slice slice = {page_phys(slot), sizeof *slot};
    virtq_add(&virtio_console.control_transmit, &slice, 1, 0, slot);
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
    size_t bytes = virtio_console.port_count * (virtq_bytes(RECEIVE_BUFFERS) + virtq_bytes(TRANSMIT_BUFFERS)) +
                   virtq_bytes(CONTROL_BUFFERS) + virtq_bytes(CONTROL_SLOTS);
    size_t pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    char *memory = pages_alloc(pages);
    if (!memory)
        return false;
    __builtin_memset(memory, 0, pages * PAGE_SIZE);

    struct virtio_device *device = &virtio_console.device;
    for (uint16_t i = 0; i < virtio_console.port_count; i++) {
        struct virtio_port *port = &virtio_console.ports[i];
        port->id = i;
        void *receive = allocate_queue(&memory, RECEIVE_BUFFERS);
        void *transmit = allocate_queue(&memory, TRANSMIT_BUFFERS);
        if (!virtio_add_queue(device, virtio_port_receive_index(port), &port->receive, receive, RECEIVE_BUFFERS) ||
            !virtio_add_queue(device, virtio_port_transmit_index(port), &port->transmit, transmit, TRANSMIT_BUFFERS))
            return false;
    }
    if (!virtio_console.multiport)
        return true;
    void *receive = allocate_queue(&memory, CONTROL_BUFFERS);
    void *transmit = allocate_queue(&memory, CONTROL_SLOTS);
    return virtio_add_queue(device, CONTROL_RECEIVE, &virtio_console.control_receive, receive, CONTROL_BUFFERS) &&
           virtio_add_queue(device, CONTROL_TRANSMIT, &virtio_console.control_transmit, transmit, CONTROL_SLOTS);
}

/* Learns from the device which ports there are. QEMU has answered a message by the time it returns it, so that nothing
 * needs to be waited for that may never come. */
static bool learn_ports(void)
{
    send_control(0xffffffff, DEVICE_READY, 1);
    if (!finish_control())
        return false;
    virtio_console_receive_control(); /* PORT_ADD for each port, answered with PORT_READY */
    if (!finish_control())
        return false;
    virtio_console_receive_control(); /* their names and what they are */
    return true;
}

static bool start_multiport(void)
{
    virtio_console.control_buffers = page_alloc();
    virtio_console.control_slots = page_alloc();
    if (!virtio_console.control_buffers || !virtio_console.control_slots || !virtio_start(&virtio_console.device))
        return false;
    for (unsigned i = 0; i < CONTROL_BUFFERS; i++)
        offer_control_buffer(virtio_console.control_buffers + i * CONTROL_BUFFER_SIZE);
    virtio_kick(&virtio_console.device, CONTROL_RECEIVE, &virtio_console.control_receive);
    return learn_ports();
}

/* Without MULTIPORT, port 0 is all that there is, and it is a console. */
static bool start_single(void)
{
    virtio_console.ports[0].present = true;
    virtio_console.ports[0].is_console = true;
    virtio_console.ports[0].opened = true;
    return virtio_start(&virtio_console.device);
}

static bool start_device(void)
{
    struct virtio_device *device = &virtio_console.device;
    if (!virtio_negotiate(device, 1ull << F_MULTIPORT))
        return false;
    virtio_console.multiport = virtio_has_feature(device, F_MULTIPORT);
    uint32_t ports = virtio_console.multiport ? device->transport->read_config(device, CONFIG_MAX_PORTS, 4) : 1;
    virtio_console.port_count = (uint16_t)(ports < PORTS_MAX ? ports : PORTS_MAX);
    return add_queues() && (virtio_console.multiport ? start_multiport() : start_single());
}

static bool console_is_up(void)
{
    if (virtio_console.state == UNTRIED) {
        virtio_console.state = ABSENT;
        if (virtio_find(VIRTIO_ID_CONSOLE, &virtio_console.device)) {
            if (start_device())
                virtio_console.state = UP;
            else
                virtio_fail(&virtio_console.device);
        }
    }
    return virtio_console.state == UP;
}

/* --- finding ports --- */

void virtio_port_open(struct virtio_port *port)
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
    for (unsigned i = 0; console_is_up() && i < virtio_console.port_count; i++)
        if (virtio_console.ports[i].present && names_equal(virtio_console.ports[i].name, name))
            return &virtio_console.ports[i];
    return NULL;
}

struct virtio_port *virtio_port_find_console(void)
{
    for (unsigned i = 0; console_is_up() && i < virtio_console.port_count; i++)
        if (virtio_console.ports[i].present && virtio_console.ports[i].is_console)
            return &virtio_console.ports[i];
    return NULL;
}

/* --- waiting --- */

/* The queues on which the device returns what is waited for, or has something to tell. */
static unsigned waited_queues(struct virtq *queue, struct virtq *queues[2])
{
    queues[0] = queue;
    queues[1] = &virtio_console.control_receive;
    return virtio_console.multiport && !virtio_console.control_receive.broken ? 2 : 1;
}

void virtio_console_wait(struct virtq *queue, uint64_t deadline)
{
    struct virtq *queues[2];
    unsigned count = waited_queues(queue, queues);
    virtio_wait(&virtio_console.device, queues, count, deadline);
}

bool virtio_port_is_closed(const struct virtio_port *port, const struct virtq *queue)
{
    return port->closed || queue->broken || virtio_console.control_receive.broken;
}

void virtio_port_listen(struct virtio_port *port)
{
    struct virtq *queues[2];
    unsigned count = waited_queues(&port->receive, queues);
    virtio_listen(&virtio_console.device, queues, count);
}

void virtio_port_unlisten(struct virtio_port *port)
{
    struct virtq *queues[2];
    unsigned count = waited_queues(&port->receive, queues);
    virtio_unlisten(queues, count);
}
