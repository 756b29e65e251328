/* console.c: see console.h. */
#include "dev/console.h"

#include <mewz/channels.h>

#include "dev/serial.h"
#include "dev/virtio_console.h"

struct channel {
    const char *name;
    const char *terminal_name;
    bool chosen;
    bool terminal;
    struct virtio_port *port; /* NULL: the serial port */
};

static struct channel channels[CONSOLE_STREAMS] = {
    [CONSOLE_STDIN] = {MEWZ_PORT_STDIN, MEWZ_PORT_STDIN MEWZ_PORT_TERMINAL, false, false, NULL},
    [CONSOLE_STDOUT] = {MEWZ_PORT_STDOUT, MEWZ_PORT_STDOUT MEWZ_PORT_TERMINAL, false, false, NULL},
    [CONSOLE_STDERR] = {MEWZ_PORT_STDERR, MEWZ_PORT_STDERR MEWZ_PORT_TERMINAL, false, false, NULL},
};

static struct channel *choose(enum console_stream stream)
{
    struct channel *channel = &channels[stream];
    if (channel->chosen)
        return channel;
    channel->port = virtio_port_find(channel->name);
    channel->terminal = !channel->port;
    if (!channel->port)
        channel->port = virtio_port_find(channel->terminal_name);
    if (!channel->port)
        channel->port = virtio_port_find_console();
    channel->chosen = true;
    return channel;
}

bool console_is_terminal(enum console_stream stream)
{
    return choose(stream)->terminal;
}

bool console_write(enum console_stream stream, const void *bytes, size_t size)
{
    struct channel *channel = choose(stream);
    if (channel->port)
        return virtio_port_write(channel->port, bytes, size);
    serial_write(bytes, size);
    return true;
}

void console_push(enum console_stream stream)
{
    if (channels[stream].port)
        virtio_port_push(channels[stream].port);
}

void console_flush(void)
{
    virtio_port_flush();
}

/* A terminal on a serial line sends carriage returns; programs wait for line feeds. */
static size_t read_serial(char *bytes, size_t size)
{
    size_t count = serial_read(bytes, size);
    for (size_t i = 0; i < count; i++)
        if (bytes[i] == '\r')
            bytes[i] = '\n';
    return count;
}

size_t console_read(void *bytes, size_t size)
{
    struct channel *channel = choose(CONSOLE_STDIN);
    return channel->port ? virtio_port_read(channel->port, bytes, size) : read_serial(bytes, size);
}

bool console_is_ready(uint64_t *bytes)
{
    struct channel *channel = choose(CONSOLE_STDIN);
    if (!channel->port) {
        *bytes = serial_is_readable() ? 1 : 0;
        return *bytes > 0 || !serial_is_present();
    }
    *bytes = virtio_port_readable(channel->port);
    return *bytes > 0 || virtio_port_is_at_end(channel->port);
}

void console_listen(void)
{
    struct channel *channel = choose(CONSOLE_STDIN);
    if (channel->port)
        virtio_port_listen(channel->port);
    else if (serial_is_present())
        serial_listen();
}

void console_unlisten(void)
{
    if (choose(CONSOLE_STDIN)->port)
        virtio_port_unlisten(choose(CONSOLE_STDIN)->port);
}

void console_write_emergency(const char *bytes, size_t size)
{
    if (serial_is_present()) {
        serial_write(bytes, size);
        return;
    }
    /* This may bring the device up, and fail in it: then a second panic ends the machine. */
    struct virtio_port *port = choose(CONSOLE_STDERR)->port;
    if (port)
        virtio_port_write_emergency(port, bytes, size);
}
