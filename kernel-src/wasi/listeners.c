/* listeners.c: see listeners.h. */
#include "wasi/listeners.h"

#include "rt/message.h"
#include "wasi/address_text.h"
#include "wasi/socket.h"

#define BACKLOG          128
#define EXIT_NO_LISTENER 70 /* as a panic of the unikernel */

_Noreturn static void fail(const char *text, const char *why)
{
    message_write("%s: cannot listen on %s: %s\n", mewz_program.name, text, why);
    host_exit(EXIT_NO_LISTENER);
}

static size_t length(const char *text)
{
    size_t size = 0;
    while (text[size])
        size++;
    return size;
}

/* "tcp:" or "udp:" in front. */
static bool parse_protocol(const char *text, enum host_protocol *protocol)
{
    *protocol = text[0] == 't' ? HOST_TCP : HOST_UDP;
    const char *name = text[0] == 't' ? "tcp:" : "udp:";
    return length(text) > 4 && __builtin_memcmp(text, name, 4) == 0;
}

/* "0.0.0.0:80", "[::]:80". */
static bool parse_endpoint(const char *text, struct host_address *address)
{
    const char *end = text + length(text), *colon = end;
    while (colon > text && *colon != ':')
        colon--;
    uint16_t port;
    if (colon == text || !port_parse(colon + 1, (size_t)(end - colon - 1), &port))
        return false;
    bool bracketed = text[0] == '[' && colon[-1] == ']';
    const char *start = text + bracketed;
    if (!address_parse(start, (size_t)(colon - bracketed - start), address))
        return false;
    address->port = port;
    return bracketed == (address->family == HOST_IPV6);
}

static uint32_t open_socket(const struct host_address *address, enum host_protocol protocol,
                            struct host_socket **socket)
{
    uint32_t error = host_socket_open(address->family, protocol, socket);
    if (error)
        return error;
    host_socket_set(*socket, HOST_REUSE_ADDRESS, 1);
    error = host_socket_bind(*socket, address);
    if (!error && protocol == HOST_TCP)
        error = host_socket_listen(*socket, BACKLOG);
    return error;
}

static const char *explain(uint32_t error)
{
    switch (error) {
    case WASI_EADDRINUSE:
        return "the address is in use";
    case WASI_EADDRNOTAVAIL:
        return "the address is none of this machine's";
    case WASI_EACCES:
        return "this port is for privileged users";
    default:
        return "the system refused";
    }
}

static void open_listener(const char *text)
{
    struct host_address address;
    struct fd_socket about = {0};
    struct host_socket *socket;
    struct fd *fd;
    uint32_t number;
    if (!parse_protocol(text, &about.protocol) || !parse_endpoint(text + 4, &address))
        fail(text, "not tcp:ADDRESS:PORT or udp:ADDRESS:PORT");
    uint32_t error = fd_open(&number, &fd);
    if (!error)
        error = open_socket(&address, about.protocol, &socket);
    if (error)
        fail(text, explain(error));
    about.family = address.family;
    about.listens = about.protocol == HOST_TCP;
    socket_fill(fd, socket, &about, 0);
    fd->is_given = true;
}

void listeners_open(void)
{
    const char *text;
    for (uint32_t i = 0; (text = host_setting("listen", i)) != NULL; i++)
        open_listener(text);
}
