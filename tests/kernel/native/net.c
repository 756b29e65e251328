/* A program without wasm that serves TCP and UDP on port 7 by the system's own functions (wasi/host_socket.h), and can
 * tell what the network's memory is like. It sends back what it gets, but for what begins with these:
 *   memory   how many objects and pages the network holds, without this connection: "OBJECTS PAGES LIMIT"
 *   hog      reads nothing from then on
 *   keep     has the connection kept alive
 *   quit     ends the program */
#include <stddef.h>
#include <stdint.h>

#include <mewz/abi.h>

#include "net/memory.h"
#include "panic.h"
#include "rt/format.h"
#include "wasi/host_socket.h"
#include "wasi/types.h"

enum { PORT = 7, CONNECTIONS = 4096, BUFFER = 65536 };

static struct host_watch watches[CONNECTIONS]; /* 0 listens, 1 is for datagrams */
static unsigned count = 2;
static char buffer[BUFFER];

static void check(uint32_t error, const char *what)
{
    if (error)
        panic("net", "%s: error %u", what, error);
}

static bool begins(const char *bytes, size_t size, const char *word)
{
    while (*word && size > 0 && *bytes == *word) {
        bytes++;
        word++;
        size--;
    }
    return *word == 0;
}

static void wait_for(struct host_socket *socket, uint8_t wanted)
{
    struct host_watch watch = {.socket = socket, .wanted = wanted};
    host_wait(UINT64_MAX, &watch);
}

/* Sends everything; false if the connection is gone. */
static bool send_all(struct host_socket *socket, char *bytes, size_t size)
{
    while (size > 0) {
        struct host_slice slice = {bytes, size};
        size_t sent;
        uint32_t error = host_socket_send(socket, &slice, 1, NULL, &sent);
        if (error == WASI_EAGAIN)
            wait_for(socket, HOST_WRITABLE);
        else if (error)
            return false;
        bytes += sent;
        size -= sent;
    }
    return true;
}

static bool command(struct host_watch *watch, size_t size)
{
    if (begins(buffer, size, "quit"))
        host_exit(0);
    if (begins(buffer, size, "hog"))
        watch->wanted = 0;
    if (begins(buffer, size, "keep"))
        check(host_socket_set(watch->socket, HOST_KEEP_ALIVE, 1), "keep alive");
    if (!begins(buffer, size, "memory"))
        return send_all(watch->socket, buffer, size);
    size_t length = format_text(buffer, sizeof buffer, "%lu %lu %lu\n", net_memory_objects(), net_memory_pages(),
                                net_memory_limit());
    return send_all(watch->socket, buffer, length);
}

static void serve(struct host_watch *watch)
{
    struct host_slice slice = {buffer, sizeof buffer};
    struct host_received received = {0};
    uint32_t error = host_socket_receive(watch->socket, &slice, 1, false, &received);
    if (error == WASI_EAGAIN || (!error && received.size > 0 && command(watch, received.size)))
        return;
    host_socket_close(watch->socket);
    watch->socket = NULL;
}

/* What is not read from is closed when the other side is gone. */
static void attend(struct host_watch *watch)
{
    if (watch->wanted && watch->ready & HOST_READABLE)
        serve(watch);
    if (watch->wanted || !(watch->ready & (HOST_HANGUP | HOST_ERROR)))
        return;
    host_socket_close(watch->socket);
    watch->socket = NULL;
}

static void accept_all(struct host_socket *listener)
{
    struct host_socket *socket;
    while (host_socket_accept(listener, &socket) == 0) {
        if (count == CONNECTIONS)
            host_socket_close(socket);
        else
            watches[count++] = (struct host_watch){.socket = socket, .wanted = HOST_READABLE};
    }
}

static void echo_datagrams(struct host_socket *socket)
{
    struct host_slice slice = {buffer, sizeof buffer};
    struct host_address from;
    struct host_received received = {.from = &from};
    for (unsigned i = 0; i < 64 && host_socket_receive(socket, &slice, 1, false, &received) == 0; i++) {
        struct host_slice answer = {buffer, received.size};
        size_t sent;
        host_socket_send(socket, &answer, 1, &from, &sent);
    }
}

static struct host_watch open_port(enum host_protocol protocol)
{
    struct host_watch watch = {.wanted = HOST_READABLE};
    struct host_address address = {.family = HOST_IPV6, .port = PORT};
    check(host_socket_open(HOST_IPV6, protocol, &watch.socket), "open");
    check(host_socket_bind(watch.socket, &address), "bind");
    return watch;
}

/* Closes the gaps in the list and links it. */
static void arrange(void)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++)
        if (watches[i].socket)
            watches[kept++] = watches[i];
    count = kept;
    for (unsigned i = 0; i < count; i++)
        watches[i].next = i + 1 < count ? &watches[i + 1] : NULL;
}

static void instantiate(void)
{
}

static void start(void)
{
    watches[0] = open_port(HOST_TCP);
    watches[1] = open_port(HOST_UDP);
    check(host_socket_listen(watches[0].socket, 64), "listen");
    for (;;) {
        arrange();
        host_wait(UINT64_MAX, watches);
        if (watches[1].ready & HOST_READABLE)
            echo_datagrams(watches[1].socket);
        for (unsigned i = 2; i < count; i++)
            attend(&watches[i]);
        accept_all(watches[0].socket);
    }
}

static const struct mewz_code_map code_map;

struct mewz_program mewz_program = {
    .abi_version = MEWZ_ABI_VERSION,
    .name = "net",
    .instantiate = instantiate,
    .start = start,
    .code_map = &code_map,
};
