/* The virtio console driver against a device of our own, with ports that behave like QEMU's.
 *
 * The device answers either at once, inside the kick, or later, when the driver idles: virtual devices do both. */
#include <setjmp.h>
#include <string.h>

#include "no_interrupts.h"
#include "pages.h"

#include "dev/virtio.c"
#include "dev/virtio_console.c"
#include "dev/virtio_port.c"
#include "dev/virtq.c"

enum { QUEUES = 2 * PORTS_MAX + 2, OUTPUT_MAX = 1 << 22 };
#define CARD_QUEUES QUEUES
#include "virtio_card.h"

/* --- what the driver needs of the kernel --- */

static uint64_t now;

uint64_t time_now(void)
{
    return now++;
}

/* --- the device --- */

struct fake_port {
    const char *name; /* NULL: no such port */
    bool is_console;
    bool opened; /* by the driver */
    bool stuck;  /* takes no output */
    char *output;
    size_t output_size;
    const char *input;
    size_t input_size;
    bool close_after_input;
};

static struct {
    bool present, late;
    unsigned pending; /* queues with a kick to look after, a bit each */
    unsigned kicks;
    bool wrong_id; /* returns buffers that it was not given */
    struct fake_port ports[PORTS_MAX];
} fake;

static bool is_multiport(void)
{
    return registers.offered >> F_MULTIPORT & 1;
}

/* Takes the next buffer that the driver offered on a queue; false if there is none. */
static bool fake_pop(unsigned index, uint16_t *head, struct virtq_desc *desc)
{
    int next = card_pop(index);
    if (next < 0)
        return false;
    *head = (uint16_t)next;
    *desc = registers.queues[index].desc[next];
    return true;
}

static void fake_push(unsigned index, uint16_t head, uint32_t size)
{
    card_push(index, fake.wrong_id ? 0xffff : head, size);
}

static void fake_tell(uint32_t port, uint16_t event, uint16_t value, const char *name)
{
    uint16_t head;
    struct virtq_desc desc;
    struct control message = {port, event, value};
    CHECK(fake_pop(CONTROL_RECEIVE, &head, &desc));
    CHECK(desc.size >= sizeof message + strlen(name));
    memcpy((void *)desc.address, &message, sizeof message);
    memcpy((char *)desc.address + sizeof message, name, strlen(name));
    fake_push(CONTROL_RECEIVE, head, (uint32_t)(sizeof message + strlen(name)));
}

static void fake_input(unsigned id)
{
    struct fake_port *port = &fake.ports[id];
    unsigned index = virtio_port_receive_index(&(struct virtio_port){.id = (uint16_t)id});
    uint16_t head;
    struct virtq_desc desc;
    if (is_multiport() && !port->opened)
        return;
    while (port->input_size > 0 && fake_pop(index, &head, &desc)) {
        uint32_t part = (uint32_t)(port->input_size < desc.size ? port->input_size : desc.size);
        memcpy((void *)desc.address, port->input, part);
        port->input += part;
        port->input_size -= part;
        fake_push(index, head, part);
    }
    if (port->input_size == 0 && port->close_after_input) {
        port->close_after_input = false;
        fake_tell(id, PORT_OPEN, 0, "");
    }
}

static void fake_control(const struct control *message)
{
    if (message->event == DEVICE_READY)
        for (unsigned i = 0; i < PORTS_MAX; i++)
            if (fake.ports[i].name)
                fake_tell(i, PORT_ADD, 0, "");
    struct fake_port *port = message->port < PORTS_MAX ? &fake.ports[message->port] : NULL;
    if (message->event == PORT_READY) {
        CHECK(port && message->value == 1);
        if (port->is_console)
            fake_tell(message->port, CONSOLE_PORT, 1, "");
        fake_tell(message->port, PORT_NAME, 1, port->name);
        fake_tell(message->port, PORT_OPEN, 1, "");
    }
    if (message->event == PORT_OPEN)
        port->opened = message->value;
}

static void fake_output(unsigned id, const struct virtq_desc *desc)
{
    struct fake_port *port = &fake.ports[id];
    CHECK(port->output_size + desc->size <= OUTPUT_MAX);
    memcpy(port->output + port->output_size, (void *)desc->address, desc->size);
    port->output_size += desc->size;
}

static void fake_serve(unsigned index)
{
    uint16_t head;
    struct virtq_desc desc;
    unsigned id = index < 2 ? 0 : index / 2 - 1;
    bool control = is_multiport() && (index == CONTROL_RECEIVE || index == CONTROL_TRANSMIT);
    if (index % 2 == 0) {
        if (!control)
            fake_input(id);
        return;
    }
    while (!(!control && fake.ports[id].stuck) && fake_pop(index, &head, &desc)) {
        if (control)
            fake_control((const struct control *)desc.address);
        else
            fake_output(id, &desc);
        fake_push(index, head, 0);
    }
}

static void card_kick(struct virtio_device *device, uint16_t index)
{
    (void)device;
    CHECK(registers.status & VIRTIO_DRIVER_OK);
    fake.kicks++;
    if (fake.late)
        fake.pending |= 1u << index;
    else
        fake_serve(index);
}

bool virtio_mmio_find(enum virtio_id id, struct virtio_device *device)
{
    device->transport = &transport;
    return fake.present && id == VIRTIO_ID_CONSOLE;
}

/* What happens while the driver idles; a test sets it. */
static void (*idle)(void);

void time_wait(uint64_t deadline)
{
    unsigned pending = fake.pending;
    fake.pending = 0;
    for (unsigned i = 0; i < QUEUES; i++)
        if (pending >> i & 1)
            fake_serve(i);
    if (idle)
        idle();
    else if (!pending) {
        CHECK(deadline != TIME_NEVER); /* or it would idle for ever */
        now = deadline;
    }
}

/* --- tests --- */

static void set_up(bool event_index, bool late)
{
    static char outputs[PORTS_MAX][OUTPUT_MAX];
    pages_free_all(); /* the driver keeps all that it had */
    memset(&virtio_console, 0, sizeof virtio_console);
    memset(&fake, 0, sizeof fake);
    memset(&registers, 0, sizeof registers);
    registers.offered = 1ull << VIRTIO_F_VERSION_1 | (uint64_t)event_index << VIRTIO_F_EVENT_IDX | 1 << F_MULTIPORT | 1;
    registers.config[CONFIG_MAX_PORTS] = 31;
    registers.queue_count = QUEUES;
    registers.queue_limit = 128;
    fake.present = true;
    fake.late = late;
    idle = NULL;
    for (unsigned i = 0; i < PORTS_MAX; i++)
        fake.ports[i].output = outputs[i];
    fake.ports[1].name = "in";
    fake.ports[2].name = "out";
    fake.ports[3].name = "errors.tty";
}

/* Has one port only, and so does not say how many. */
static void set_single(void)
{
    registers.offered &= ~(1ull << F_MULTIPORT);
    registers.config[CONFIG_MAX_PORTS] = 0;
}

static void test_find(void)
{
    set_up(true, false);
    CHECK(virtio_port_find("in") == &virtio_console.ports[1]);
    CHECK(virtio_port_find("out") == &virtio_console.ports[2]);
    CHECK(virtio_port_find("errors.tty") == &virtio_console.ports[3]);
    CHECK(!virtio_port_find("errors") && !virtio_port_find("") && !virtio_port_find("outer"));
    CHECK(!virtio_port_find_console());
    CHECK(!fake.ports[1].opened && !fake.ports[2].opened);

    set_up(true, true);
    fake.ports[5] = (struct fake_port){.name = "", .is_console = true, .output = fake.ports[5].output};
    CHECK(virtio_port_find_console() == &virtio_console.ports[5]);

    set_up(true, false);
    fake.present = false;
    CHECK(!virtio_port_find("in") && !virtio_port_find_console());
    virtio_port_flush();
}

static void test_single(void)
{
    set_up(true, false);
    set_single();
    CHECK(!virtio_port_find("out"));
    struct virtio_port *port = virtio_port_find_console();
    CHECK(port == &virtio_console.ports[0]);
    CHECK(virtio_port_write(port, "hello", 5));
    virtio_port_push(port);
    CHECK(fake.ports[0].output_size == 5 && memcmp(fake.ports[0].output, "hello", 5) == 0);
    fake.ports[0].input = "input";
    fake.ports[0].input_size = 5;
    char bytes[8];
    CHECK(virtio_port_read(port, bytes, sizeof bytes) == 5 && memcmp(bytes, "input", 5) == 0);
    CHECK(!virtio_port_is_at_end(port));
}

/* A greeting costs few kicks: one for control messages at each step, one for the text. */
static void test_few_kicks(void)
{
    set_up(true, false);
    struct virtio_port *port = virtio_port_find("out");
    CHECK(virtio_port_write(port, "hello ", 6) && virtio_port_write(port, "world\n", 6));
    virtio_port_push(port);
    virtio_port_push(port);
    virtio_port_flush();
    CHECK(fake.ports[2].output_size == 12 && memcmp(fake.ports[2].output, "hello world\n", 12) == 0);
    CHECK(fake.kicks <= 8);
}

static void test_bulk_output(bool event_index, bool late)
{
    set_up(event_index, late);
    struct virtio_port *port = virtio_port_find("out");
    size_t size = 3000017;
    unsigned char *bytes = malloc(size);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i * 2654435761u >> 24);
    for (size_t at = 0, part; at < size; at += part) {
        part = at % 200003 + 1 < size - at ? at % 200003 + 1 : size - at;
        CHECK(virtio_port_write(port, bytes + at, part));
        virtio_port_push(port);
    }
    virtio_port_flush();
    CHECK(fake.ports[2].output_size == size && memcmp(fake.ports[2].output, bytes, size) == 0);
    free(bytes);
}

static void unstick(void)
{
    fake.ports[2].stuck = false;
    fake_serve(virtio_port_transmit_index(&virtio_console.ports[2]));
}

static void close_output(void)
{
    fake_tell(2, PORT_OPEN, 0, "");
}

static void test_slow_reader(void)
{
    static char bytes[400000];
    set_up(true, false);
    struct virtio_port *port = virtio_port_find("out");
    fake.ports[2].stuck = true;
    idle = unstick;
    CHECK(virtio_port_write(port, bytes, sizeof bytes));
    virtio_port_push(port);
    fake.ports[2].stuck = true;
    virtio_port_flush();
    CHECK(fake.ports[2].output_size == sizeof bytes);
}

static void test_closed_reader(void)
{
    static char bytes[400000];
    set_up(true, false);
    struct virtio_port *port = virtio_port_find("out");
    CHECK(virtio_port_write(port, bytes, 1));
    virtio_port_push(port);
    fake.ports[2].stuck = true;
    idle = close_output;
    CHECK(!virtio_port_write(port, bytes, sizeof bytes));
    CHECK(!virtio_port_write(port, bytes, 1));
    virtio_port_flush();
    CHECK(virtio_port_write(virtio_port_find("errors.tty"), bytes, 1)); /* which is another stream */
}

static void serve_input(void)
{
    fake_serve(virtio_port_receive_index(&virtio_console.ports[1]));
}

static void test_bulk_input(bool event_index, bool late)
{
    enum { INPUT_SIZE = 1000003 };
    set_up(event_index, late);
    char *input = malloc(INPUT_SIZE), *output = malloc(INPUT_SIZE + 1);
    for (size_t i = 0; i < INPUT_SIZE; i++)
        input[i] = (char)(i * 2654435761u >> 24);
    fake.ports[1].input = input;
    fake.ports[1].input_size = INPUT_SIZE;
    fake.ports[1].close_after_input = true;
    idle = serve_input;
    struct virtio_port *port = virtio_port_find("in");
    size_t total = 0;
    while (!virtio_port_is_at_end(port)) {
        size_t ready = virtio_port_readable(port);
        size_t want = total % 10007 + 1;
        size_t part =
            virtio_port_read(port, output + total, want < INPUT_SIZE + 1 - total ? want : INPUT_SIZE + 1 - total);
        CHECK(part >= (ready < want ? ready : want));
        total += part;
        if (part == 0)
            virtio_port_wait(port, TIME_NEVER);
    }
    CHECK(total == INPUT_SIZE && memcmp(input, output, INPUT_SIZE) == 0);
    CHECK(virtio_port_read(port, output, 1) == 0 && virtio_port_is_at_end(port));
    virtio_port_wait(port, TIME_NEVER); /* returns: it is at its end */
    free(input);
    free(output);
}

static void test_input_deadline(void)
{
    set_up(true, false);
    struct virtio_port *port = virtio_port_find("in");
    now = 0;
    virtio_port_wait(port, 1000);
    CHECK(now >= 1000 && virtio_port_readable(port) == 0 && !virtio_port_is_at_end(port));
}

static void test_mute_device(void)
{
    set_up(true, true);
    fake.late = true;
    registers.queues[CONTROL_TRANSMIT].size = 0;
    fake.ports[0].stuck = true;
    idle = NULL;
    /* A device that breaks the rules on its first message is given up, and reset. */
    fake.late = false;
    fake.wrong_id = true;
    CHECK(!virtio_port_find("out") && registers.status == 0);
}

static void test_bad_output(void)
{
    set_up(true, false);
    struct virtio_port *port = virtio_port_find("out");
    fake.wrong_id = true;
    CHECK(virtio_port_write(port, "x", 1));
    virtio_port_push(port);
    CHECK(!virtio_port_write(port, "x", 1));
    virtio_port_flush();
}

static void test_strange_messages(void)
{
    set_up(true, false);
    struct virtio_port *port = virtio_port_find("out");
    fake_tell(PORTS_MAX, PORT_ADD, 0, "");
    fake_tell(0xffffffff, PORT_OPEN, 0, "");
    fake_tell(2, 0xffff, 0, "");
    fake_tell(2, PORT_NAME, 1, "a name of far more bytes than any name could ever have");
    fake_tell(3, PORT_REMOVE, 0, "");
    uint16_t head;
    struct virtq_desc desc;
    CHECK(fake_pop(CONTROL_RECEIVE, &head, &desc));
    fake_push(CONTROL_RECEIVE, head, 3); /* cut off */
    CHECK(virtio_port_write(port, "x", 1));
    CHECK(strlen(port->name) == NAME_MAX);
    CHECK(!virtio_port_write(&virtio_console.ports[3], "x", 1));
}

static void test_emergency(void)
{
    static char bytes[1000];
    set_up(true, false);
    struct virtio_port *port = virtio_port_find("out");
    memset(bytes, 'e', sizeof bytes);
    CHECK(virtio_port_write(port, "not pushed", 10));
    virtio_port_write_emergency(port, bytes, sizeof bytes);
    CHECK(fake.ports[2].output_size == sizeof bytes && fake.ports[2].output[999] == 'e');
}

/* --- a device that does whatever a device can do to us --- */

static jmp_buf given_up;
static unsigned patience;

/* What a device says may make the driver wait for something that never comes: then the test goes on with the next. */
static void lose_patience(void)
{
    if (patience-- == 0)
        longjmp(given_up, 1);
}

static uint32_t random_number(void)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

/* Mostly returns buffers as a good device does, with likely messages in them. */
static void hostile_kick(struct virtio_device *device, uint16_t index)
{
    (void)device;
    unsigned count = random_number() % 6;
    for (unsigned i = 0; i < count; i++) {
        unsigned target = random_number() % 3 ? index : random_number() % QUEUES;
        uint16_t head = (uint16_t)random_number();
        struct virtq_desc desc = {0};
        if (!registers.queues[target].size || (!fake_pop(target, &head, &desc) && random_number() % 64))
            continue;
        struct control message = {random_number() % 10, (uint16_t)(random_number() % 9),
                                  (uint16_t)(random_number() % 2)};
        if (desc.flags & DESC_WRITE)
            memcpy((void *)desc.address, &message, sizeof message);
        bool wild = random_number() % 64 == 0;
        fake_push(target, wild ? (uint16_t)random_number() : head,
                  random_number() % 4 ? random_number() % 64 : random_number());
        if (random_number() % 256 == 0)
            registers.queues[target].used->index = (uint16_t)random_number();
    }
}

static void use_all(struct virtio_port *port)
{
    static char bytes[20000];
    uint64_t deadline = now + 100;
    virtio_port_write(port, bytes, random_number() % sizeof bytes);
    virtio_port_push(port);
    virtio_port_read(port, bytes, random_number() % sizeof bytes);
    virtio_port_is_at_end(port);
    virtio_port_wait(port, deadline);
    if (random_number() % 8 == 0)
        virtio_port_flush();
}

static void test_hostile_device(void)
{
    struct virtio_transport hostile_transport = transport;
    hostile_transport.kick = hostile_kick;
    for (volatile unsigned i = 0; i < 2000; i++) {
        set_up(i & 1, false);
        if (i % 5 == 0)
            set_single();
        idle = lose_patience;
        patience = 50;
        if (setjmp(given_up))
            continue;
        virtio_port_find_console();
        virtio_console.device.transport = &hostile_transport;
        for (unsigned k = 0; virtio_console.state == UP && k < 20; k++)
            use_all(&virtio_console.ports[random_number() % virtio_console.port_count]);
    }
}

int main(void)
{
    test_find();
    test_single();
    test_few_kicks();
    for (unsigned i = 0; i < 4; i++) {
        test_bulk_output(i & 1, i & 2);
        test_bulk_input(i & 1, i & 2);
    }
    test_slow_reader();
    test_closed_reader();
    test_input_deadline();
    test_mute_device();
    test_bad_output();
    test_strange_messages();
    test_emergency();
    test_hostile_device();
    pages_free_all();
    return 0;
}
