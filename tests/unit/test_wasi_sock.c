/* The functions on sockets over sockets that are made here: what blocks and what does not, what is told and what is
 * cut, and addresses that are out of bounds. Linear memory is a block of the heap, so that the sanitizers see whoever
 * leaves it. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "check.h"
#include "rt/message.h"
#include "wasi/address_text.c"
#include "wasi/clock.c"
#include "wasi/fd.c"
#include "wasi/fd_read.c"
#include "wasi/fd_write.c"
#include "wasi/iovec.c"
#include "wasi/listeners.c"
#include "wasi/poll.c"
#include "wasi/sock.c"
#include "wasi/sock_accept.c"
#include "wasi/sock_address.c"
#include "wasi/sock_datagram.c"
#include "wasi/sock_open.c"
#include "wasi/sock_option.c"
#include "wasi/socket.c"
#include "wasi/stream.c"
#undef length
#define length names_length /* each file has its own */
#include "wasi/sock_addrinfo.c"

#define SIZE (2 * MEWZ_PAGE_SIZE)
#define END  ((uint32_t)SIZE)

static struct mewz_memory memories[1];
static struct mewz_memory *const memory_list[] = {memories};
struct mewz_program mewz_program = {.name = "app", .memory_count = 1, .memories = memory_list};

/* --- the host --- */

struct host_socket {
    bool open;
    char in[64]; /* what can be received */
    size_t in_size;
    bool at_end;
    char out[64]; /* what was sent, and how much has room */
    size_t out_size, out_room;
    uint32_t error;
    uint32_t connecting; /* what connect says */
    unsigned waiting;    /* connections */
    struct host_address local, peer;
    int32_t options[HOST_RECEIVE_BUFFER + 1];
};

static struct host_socket sockets[8];
static struct {
    uint64_t now;
    unsigned waits;
    uint8_t arrives; /* what a wait for ever makes ready */
    uint64_t pace;   /* ns until that also comes in a wait that has an end; 0: it does not */
    const char *settings[4];
    jmp_buf ended;
    int exit_code;
} host;

uint32_t host_socket_open(enum host_family family, enum host_protocol protocol, struct host_socket **opened)
{
    for (size_t i = 0; i < 8; i++) {
        if (sockets[i].open)
            continue;
        sockets[i] = (struct host_socket){.open = true, .out_room = 64, .local.family = family};
        sockets[i].options[0] = protocol == HOST_UDP;
        *opened = &sockets[i];
        return WASI_SUCCESS;
    }
    return WASI_ENOBUFS;
}

void host_socket_close(struct host_socket *socket)
{
    CHECK(socket->open);
    socket->open = false;
}

uint32_t host_socket_bind(struct host_socket *socket, const struct host_address *address)
{
    socket->local = *address;
    return address->port == 1 ? WASI_EADDRINUSE : WASI_SUCCESS;
}

uint32_t host_socket_listen(struct host_socket *socket, uint32_t backlog)
{
    return socket->open && backlog < 1000000 ? WASI_SUCCESS : WASI_EINVAL;
}

uint32_t host_socket_accept(struct host_socket *socket, struct host_socket **accepted)
{
    if (!socket->waiting)
        return WASI_EAGAIN;
    socket->waiting--;
    return host_socket_open(socket->local.family, HOST_TCP, accepted);
}

uint32_t host_socket_connect(struct host_socket *socket, const struct host_address *address)
{
    socket->peer = *address;
    return socket->connecting;
}

uint32_t host_socket_receive(struct host_socket *socket, const struct host_slice *slices, size_t count, bool peek,
                             struct host_received *received)
{
    if (socket->in_size == 0 && !socket->at_end)
        return WASI_EAGAIN;
    size_t size = count && slices[0].size < socket->in_size ? slices[0].size : count ? socket->in_size : 0;
    if (size)
        memcpy(slices[0].data, socket->in, size);
    received->size = size;
    received->truncated = size < socket->in_size;
    if (received->from)
        *received->from = socket->peer;
    if (!peek) {
        memmove(socket->in, socket->in + size, socket->in_size - size);
        socket->in_size -= size;
    }
    return WASI_SUCCESS;
}

uint32_t host_socket_send(struct host_socket *socket, const struct host_slice *slices, size_t count,
                          const struct host_address *to, size_t *sent)
{
    if (socket->out_size == socket->out_room && count)
        return WASI_EAGAIN;
    size_t room = socket->out_room - socket->out_size;
    size_t size = count == 0 ? 0 : slices[0].size < room ? slices[0].size : room;
    if (size)
        memcpy(socket->out + socket->out_size, slices[0].data, size);
    socket->out_size += size;
    if (to)
        socket->peer = *to;
    *sent = size;
    return WASI_SUCCESS;
}

uint32_t host_socket_shutdown(struct host_socket *socket, unsigned how)
{
    CHECK(how >= 1 && how <= 3);
    return socket->open ? WASI_SUCCESS : WASI_ENOTCONN;
}

uint32_t host_socket_error(struct host_socket *socket)
{
    uint32_t error = socket->error;
    socket->error = 0;
    return error;
}

uint32_t host_socket_local(struct host_socket *socket, struct host_address *address)
{
    *address = socket->local;
    return WASI_SUCCESS;
}

uint32_t host_socket_peer(struct host_socket *socket, struct host_address *address)
{
    *address = socket->peer;
    return socket->peer.port ? WASI_SUCCESS : WASI_ENOTCONN;
}

uint32_t host_socket_set(struct host_socket *socket, enum host_option option, int32_t value)
{
    socket->options[option] = value;
    return WASI_SUCCESS;
}

uint32_t host_socket_get(struct host_socket *socket, enum host_option option, int32_t *value)
{
    *value = socket->options[option];
    return WASI_SUCCESS;
}

uint32_t host_resolve(const char *name, enum host_family family, struct host_address *addresses, size_t max,
                      size_t *count)
{
    if (strcmp(name, "silent") == 0)
        return WASI_EAGAIN;
    if (strcmp(name, "both") != 0)
        return WASI_ENOENT;
    for (size_t i = 0; i < max; i++)
        addresses[i] = (struct host_address){.family = family, .bytes = {(uint8_t)i}};
    *count = max;
    return WASI_SUCCESS;
}

/* What a wait makes come true, if it has no end. */
static void arrive(struct host_watch *watch)
{
    if (host.arrives & HOST_READABLE) {
        memcpy(watch->socket->in, "late", 4);
        watch->socket->in_size = 4;
        watch->socket->waiting++;
    }
    if (host.arrives & HOST_WRITABLE)
        watch->socket->out_size = 0;
}

void host_wait(uint64_t deadline, struct host_watch *list)
{
    host.waits++;
    bool arrives = deadline == UINT64_MAX || (host.pace && host.now + host.pace < deadline);
    if (deadline != UINT64_MAX && host.now < deadline)
        host.now = arrives ? host.now + host.pace : deadline;
    for (struct host_watch *watch = list; watch; watch = watch->next) {
        CHECK(watch->socket && watch->wanted);
        if (arrives)
            arrive(watch);
        struct host_socket *socket = watch->socket;
        watch->bytes = socket->in_size;
        watch->ready = socket->in_size || socket->waiting ? HOST_READABLE : 0;
        watch->ready |= socket->at_end ? HOST_READABLE | HOST_END : 0;
        watch->ready |= socket->out_size < socket->out_room ? HOST_WRITABLE : 0;
        watch->ready |= socket->error ? HOST_ERROR | watch->wanted : 0;
        CHECK(deadline != UINT64_MAX || watch->next || (watch->ready & watch->wanted)); /* or the test would hang */
    }
}

uint64_t host_clock_now(enum host_clock clock)
{
    return host.now++ + (clock == HOST_CLOCK_REALTIME ? 1000 : 0);
}

uint64_t host_clock_resolution(enum host_clock clock)
{
    return clock == HOST_CLOCK_REALTIME ? 2 : 1;
}

int host_stream_read(int stream, const struct host_slice *slices, size_t count, size_t *read)
{
    *read = slices && count && stream ? 1 : 0;
    return WASI_EIO;
}

int host_stream_write(int stream, const struct host_slice *slices, size_t count, size_t *written)
{
    *written = slices && count && stream ? 1 : 0;
    return WASI_EIO;
}

bool host_stream_is_terminal(int stream)
{
    return stream < 0;
}

void *host_memory_take(size_t size)
{
    return calloc(1, size);
}

const char *host_setting(const char *name, uint32_t index)
{
    CHECK(strcmp(name, "listen") == 0);
    return index < 4 ? host.settings[index] : NULL;
}

void message_write(const char *format, ...)
{
    CHECK(format);
}

_Noreturn void host_exit(int code)
{
    host.exit_code = code;
    longjmp(host.ended, 1);
}

/* --- the program's side --- */

static void reset(void)
{
    free(memories[0].base);
    for (uint32_t i = 3; i < 20; i++)
        wasi_fd_close(i);
    memset(&host, 0, sizeof host);
    memset(sockets, 0, sizeof sockets);
    memories[0] = (struct mewz_memory){.base = malloc(SIZE), .pages = 2, .min_pages = 2, .max_pages = 2};
    memset(memories[0].base, 0xee, SIZE);
}

static void poke(uint32_t address, const void *value, size_t size)
{
    CHECK(address + size <= SIZE);
    memcpy(memories[0].base + address, value, size);
}

static void poke_pair(uint32_t address, uint32_t first, uint32_t second)
{
    uint32_t pair[] = {first, second};
    poke(address, pair, sizeof pair);
}

static uint32_t peek(uint32_t address)
{
    uint32_t value;
    memcpy(&value, memories[0].base + address, sizeof value);
    return value;
}

static bool same_bytes(uint32_t address, const void *bytes, size_t size)
{
    return memcmp(memories[0].base + address, bytes, size) == 0;
}

static uint32_t open_one(uint32_t type)
{
    CHECK(wasi_sock_open(WASI_FAMILY_INET4, type, 1000) == WASI_SUCCESS);
    return peek(1000);
}

#define BYTES  2000 /* an address of 4 bytes, */
#define PLACE  2100 /* and its struct wasi_address */
#define IOVEC  3000 /* one buffer */
#define BUFFER 4000 /* of 8 bytes */
#define DONE   5000
#define FLAGS  5004

static void prepare(void)
{
    poke(BYTES, "\x0a\x00\x00\x02", 4);
    poke_pair(PLACE, BYTES, 4);
    poke_pair(IOVEC, BUFFER, 8);
    poke(BUFFER, "12345678", 8);
}

static void test_open(void)
{
    reset();
    prepare();
    CHECK(open_one(WASI_SOCKTYPE_STREAM) == 3 && open_one(WASI_SOCKTYPE_DGRAM) == 4);
    CHECK(wasi_fd_close(3) == WASI_SUCCESS && !sockets[0].open && open_one(WASI_SOCKTYPE_STREAM) == 3);
    CHECK(wasi_sock_open(0, 1, 1000) == WASI_EINVAL && wasi_sock_open(3, 1, 1000) == WASI_EINVAL);
    CHECK(wasi_sock_open(1, 0, 1000) == WASI_EINVAL && wasi_sock_open(1, 2, END - 3) == WASI_EFAULT);
    CHECK(wasi_sock_bind(3, PLACE, 80) == WASI_SUCCESS && sockets[0].local.port == 80);
    CHECK(sockets[0].local.bytes[0] == 10 && sockets[0].local.family == HOST_IPV4);
    CHECK(wasi_sock_bind(3, PLACE, 65536) == WASI_EINVAL && wasi_sock_bind(1, PLACE, 80) == WASI_ENOTSOCK);
    CHECK(wasi_sock_bind(9, PLACE, 80) == WASI_EBADF && wasi_sock_bind(3, END - 7, 80) == WASI_EFAULT);
    poke_pair(PLACE, END - 3, 4);
    CHECK(wasi_sock_bind(3, PLACE, 80) == WASI_EFAULT);
    poke_pair(PLACE, BYTES, 5);
    CHECK(wasi_sock_bind(3, PLACE, 80) == WASI_EINVAL);
    poke_pair(PLACE, BYTES, 128);
    poke(BYTES, "\2\0\x20\x01", 4);
    CHECK(wasi_sock_bind(3, PLACE, 80) == WASI_SUCCESS && sockets[0].local.family == HOST_IPV6);
    CHECK(sockets[0].local.bytes[0] == 0x20);
    poke(BYTES, "\3\0", 2);
    CHECK(wasi_sock_bind(3, PLACE, 80) == WASI_EINVAL);
}

static void test_accept(void)
{
    reset();
    uint32_t listener = open_one(WASI_SOCKTYPE_STREAM);
    CHECK(wasi_sock_listen(listener, 5) == WASI_SUCCESS);
    fd_at(listener)->flags = WASI_FDFLAG_NONBLOCK;
    CHECK(wasi_sock_accept(listener, 0, 1000) == WASI_EAGAIN && host.waits == 0);
    fd_at(listener)->flags = 0;
    host.arrives = HOST_READABLE;
    CHECK(wasi_sock_accept_v1(listener, 1000) == WASI_SUCCESS && host.waits == 1 && peek(1000) == 4);
    CHECK(wasi_sock_accept(listener, WASI_FDFLAG_NONBLOCK, 1000) == WASI_SUCCESS && peek(1000) == 5);
    CHECK(fd_at(5)->flags == WASI_FDFLAG_NONBLOCK && fd_at(4)->flags == 0);
    CHECK(wasi_sock_accept(listener, WASI_FDFLAG_APPEND, 1000) == WASI_EINVAL);
    CHECK(wasi_sock_accept(listener, 0, END - 1) == WASI_EFAULT && wasi_sock_accept(0, 0, 1000) == WASI_ENOTSOCK);
}

static void test_receive(void)
{
    reset();
    prepare();
    uint32_t fd = open_one(WASI_SOCKTYPE_STREAM);
    CHECK(wasi_sock_recv(fd, IOVEC, 1, 0, END - 3, FLAGS) == WASI_EFAULT);
    CHECK(wasi_sock_recv(fd, IOVEC, 1, 4, DONE, FLAGS) == WASI_EINVAL);
    host.arrives = HOST_READABLE; /* "late", at each wait */
    CHECK(wasi_sock_recv(fd, IOVEC, 1, WASI_RI_PEEK, DONE, FLAGS) == WASI_SUCCESS && peek(DONE) == 4);
    CHECK(sockets[0].in_size == 4 && host.waits == 1);
    CHECK(wasi_sock_recv(fd, IOVEC, 1, WASI_RI_WAITALL, DONE, FLAGS) == WASI_SUCCESS && peek(DONE) == 8);
    CHECK(same_bytes(BUFFER, "latelate", 8) && host.waits == 2);
    sockets[0].at_end = true;
    CHECK(wasi_fd_read(fd, IOVEC, 1, DONE) == WASI_SUCCESS && peek(DONE) == 0);
    sockets[0].at_end = false;
    sockets[0].waiting = 0;
    fd_at(fd)->socket.receive_timeout = 50;
    CHECK(wasi_fd_read(fd, IOVEC, 1, DONE) == WASI_EAGAIN && host.now >= 50);
}

static void test_send(void)
{
    reset();
    prepare();
    uint32_t fd = open_one(WASI_SOCKTYPE_STREAM);
    sockets[0].out_room = 5;
    host.arrives = HOST_WRITABLE;
    CHECK(wasi_sock_send(fd, IOVEC, 1, 0, DONE) == WASI_SUCCESS && peek(DONE) == 8); /* in two parts */
    CHECK(host.waits == 1 && sockets[0].out_size == 3 && memcmp(sockets[0].out, "678", 3) == 0);
    fd_at(fd)->flags = WASI_FDFLAG_NONBLOCK;
    CHECK(wasi_fd_write(fd, IOVEC, 1, DONE) == WASI_SUCCESS && peek(DONE) == 2);
    CHECK(wasi_sock_send(fd, IOVEC, 1, 0, DONE) == WASI_EAGAIN && wasi_sock_send(fd, IOVEC, 1, 1, DONE) == WASI_EINVAL);
    for (uint32_t i = 0; i < 40; i++) /* more than one batch, of which the second must not go before the first */
        poke_pair(IOVEC + i * 8, BUFFER, 1);
    sockets[0].out_size = 4;
    CHECK(wasi_sock_send(fd, IOVEC, 40, 0, DONE) == WASI_SUCCESS && peek(DONE) == 1);
    uint32_t datagrams = open_one(WASI_SOCKTYPE_DGRAM);
    CHECK(wasi_sock_send(datagrams, IOVEC, 40, 0, DONE) == WASI_EMSGSIZE);
}

/* A timeout is that of the whole call, however slowly the peer goes on. */
static void test_slow_peer(void)
{
    reset();
    prepare();
    uint32_t fd = open_one(WASI_SOCKTYPE_STREAM);
    host.pace = 300;
    host.arrives = HOST_READABLE;
    fd_at(fd)->socket.receive_timeout = 500;
    CHECK(wasi_sock_recv(fd, IOVEC, 1, WASI_RI_WAITALL, DONE, FLAGS) == WASI_SUCCESS && peek(DONE) == 4);
    CHECK(host.now < 600);
    host.arrives = HOST_WRITABLE;
    host.now = 0;
    sockets[0].out_room = 2;
    fd_at(fd)->socket.send_timeout = 700;
    CHECK(wasi_sock_send(fd, IOVEC, 1, 0, DONE) == WASI_SUCCESS && peek(DONE) == 6 && host.now < 800);
}

static void test_datagrams(void)
{
    reset();
    prepare();
    uint32_t fd = open_one(WASI_SOCKTYPE_DGRAM);
    CHECK(wasi_sock_send_to(fd, IOVEC, 1, PLACE, 53, 0, DONE) == WASI_SUCCESS && peek(DONE) == 8);
    CHECK(sockets[0].peer.port == 53 && sockets[0].peer.bytes[3] == 2);
    memcpy(sockets[0].in, "0123456789", 10);
    sockets[0].in_size = 10;
    poke_pair(PLACE, 6000, 128);
    CHECK(wasi_sock_recv_from_port(fd, IOVEC, 1, PLACE, WASI_RI_PEEK, 7000, DONE, FLAGS) == WASI_SUCCESS);
    CHECK(peek(DONE) == 8 && (peek(FLAGS) & 0xffff) == 1 && same_bytes(6000, "\1\0\x0a\0\0\2\xee", 7));
    CHECK(same_bytes(7000, "\x35\0\xee", 3)); /* 16 bits */
    poke_pair(PLACE, 6000, 3);
    CHECK(wasi_sock_recv_from(fd, IOVEC, 1, PLACE, 0, DONE, FLAGS) == WASI_EINVAL && sockets[0].in_size == 10);
    CHECK(wasi_sock_recv_from(fd, IOVEC, 1, END, 0, DONE, FLAGS) == WASI_EFAULT && sockets[0].in_size == 10);
    fd_at(fd)->socket.family = HOST_IPV6;
    sockets[0].peer = (struct host_address){.family = HOST_IPV6, .port = 53};
    poke_pair(PLACE, 6000, 4);
    CHECK(wasi_sock_recv_from(fd, IOVEC, 1, PLACE, 0, DONE, FLAGS) == WASI_ENOMEM && sockets[0].in_size == 10);
    poke_pair(PLACE, 6000, 16);
    CHECK(wasi_sock_recv_from(fd, IOVEC, 1, PLACE, 0, DONE, FLAGS) == WASI_SUCCESS && sockets[0].in_size == 2);
}

/* An error that poll_oneoff told is told once more, and then no more. */
static void test_errors(void)
{
    reset();
    prepare();
    uint32_t fd = open_one(WASI_SOCKTYPE_STREAM);
    struct wasi_subscription subscription = {.userdata = 7, .type = WASI_EVENT_FD_READ, .fd = fd};
    struct wasi_event event;
    poke(8000, &subscription, sizeof subscription);
    sockets[0].error = WASI_ECONNRESET;
    CHECK(wasi_poll_oneoff(8000, 9000, 1, DONE) == WASI_SUCCESS && peek(DONE) == 1);
    memcpy(&event, memories[0].base + 9000, sizeof event);
    CHECK(event.error == WASI_ECONNRESET && event.userdata == 7 && sockets[0].error == 0);
    CHECK(wasi_fd_read(fd, IOVEC, 1, DONE) == WASI_ECONNRESET);
    sockets[0].at_end = true;
    CHECK(wasi_fd_read(fd, IOVEC, 1, DONE) == WASI_SUCCESS);
    CHECK(wasi_poll_oneoff(8000, 9000, 1, DONE) == WASI_SUCCESS);
    memcpy(&event, memories[0].base + 9000, sizeof event);
    CHECK(event.error == 0 && event.flags == WASI_EVENT_RW_HANGUP && event.byte_count == 0);

    sockets[0].connecting = WASI_EINPROGRESS;
    sockets[0].error = WASI_ECONNREFUSED;
    CHECK(wasi_sock_connect(fd, PLACE, 80) == WASI_ECONNREFUSED);
    fd_at(fd)->flags = WASI_FDFLAG_NONBLOCK;
    CHECK(wasi_sock_connect(fd, PLACE, 80) == WASI_EINPROGRESS);
}

static void test_options(void)
{
    reset();
    uint32_t fd = open_one(WASI_SOCKTYPE_STREAM);
    struct wasi_timeval time = {2, 500000};
    poke(6000, &time, sizeof time);
    CHECK(wasi_sock_setsockopt(fd, 0, WASI_SO_SNDTIMEO, 6000, 16) == WASI_SUCCESS);
    CHECK(fd_at(fd)->socket.send_timeout == 2500000000);
    CHECK(wasi_sock_setsockopt(fd, 0, WASI_SO_SNDTIMEO, 6000, 8) == WASI_EINVAL);
    CHECK(wasi_sock_setsockopt(fd, 0, WASI_SO_SNDTIMEO, END - 8, 16) == WASI_EFAULT);
    time.microseconds = 1000000;
    poke(6000, &time, sizeof time);
    CHECK(wasi_sock_setsockopt(fd, 0, WASI_SO_SNDTIMEO, 6000, 16) == WASI_EDOM);
    poke_pair(6000, 1, 3);
    CHECK(wasi_sock_setsockopt(fd, 0, WASI_SO_LINGER, 6000, 8) == WASI_SUCCESS);
    CHECK(sockets[0].options[HOST_LINGER] == 3);
    CHECK(wasi_sock_setsockopt(fd, 6, WASI_TCP_NODELAY, 6000, 4) == WASI_SUCCESS);
    CHECK(sockets[0].options[HOST_NO_DELAY] == 1);
    poke_pair(7000, 2, 0); /* room for two bytes */
    CHECK(wasi_sock_getsockopt(fd, 6, WASI_TCP_NODELAY, 6100, 7000) == WASI_SUCCESS && peek(7000) == 2);
    CHECK(same_bytes(6100, "\1\0\xee", 3));
    CHECK(wasi_sock_getsockopt(fd, 0, 3, 6100, 7000) == WASI_ENOPROTOOPT);
    CHECK(wasi_sock_getsockopt(fd, 7, 1, 6100, 7000) == WASI_ENOPROTOOPT);
    CHECK(wasi_sock_getsockopt(fd, 0, WASI_SO_TYPE, 6100, END - 2) == WASI_EFAULT);
}

static void test_listeners(void)
{
    static const char *const wrong[] = {
        "",           "tcp:",        "tcp:80",       "sctp:0.0.0.0:80", "tcp:0.0.0.0:65536",
        "tcp:::1:80", "udp:[::1:80", "tcp:1.2.3:80", "tcp:0.0.0.0:1"};
    reset();
    host.settings[0] = "tcp:0.0.0.0:80";
    host.settings[1] = "udp:[::1]:53";
    listeners_open();
    CHECK(fd_at(3)->socket.listens && fd_at(4)->socket.protocol == HOST_UDP && !fd_at(4)->socket.listens);
    CHECK(sockets[1].local.bytes[15] == 1 && sockets[1].local.port == 53 && sockets[0].local.port == 80);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        reset();
        host.settings[0] = wrong[i];
        if (setjmp(host.ended) == 0)
            listeners_open();
        CHECK(host.exit_code == 70);
    }
}

static void test_address_text(void)
{
    static const char *const wrong[] = {
        "",    ".",   "1",   "1.2.3", "1.2.3.256",         "1.2.3.4.", "1.2.3.4.5",
        ":",   ":::", "1:2", "::1::", "1:2:3:4:5:6:7:8:9", "12345::",  "1:2:3:4:5:6:7:1.2.3.4",
        "g::", "::1:"};
    struct host_address address;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(!address_parse(wrong[i], strlen(wrong[i]), &address));
    CHECK(address_parse("::", 2, &address) && address.bytes[0] == 0);
    CHECK(address_parse("1::", 3, &address) && address.bytes[1] == 1 && address.bytes[15] == 0);
    CHECK(address_parse("::ffff:1.2.3.4", 14, &address) && address.bytes[11] == 0xff && address.bytes[15] == 4);
    CHECK(address_parse("1:2:3:4:5:6:7:8", 15, &address) && address.bytes[15] == 8 && address.family == HOST_IPV6);
    CHECK(address_parse("255.255.255.255", 15, &address) && address.family == HOST_IPV4);
}

/* A list of `count` places for results, from 20000 on. */
static void make_list(uint32_t count)
{
    poke_pair(19000, 20000, 0);
    for (uint32_t i = 0; i < count; i++) {
        struct wasi_addrinfo info = {.address = 30000 + i * 100, .next = i + 1 < count ? 20000 + (i + 1) * 100 : 0};
        struct wasi_sockaddr sockaddr = {.data = 40000 + i * 100, .size = 26};
        poke(20000 + i * 100, &info, sizeof info);
        poke(info.address, &sockaddr, sizeof sockaddr);
    }
}

static uint32_t look_up(const char *node, const char *service, struct wasi_addrinfo hints, uint32_t max)
{
    poke(10000, node, strlen(node) + 1);
    poke(10100, service, strlen(service) + 1);
    poke(10200, &hints, sizeof hints);
    return wasi_sock_getaddrinfo(10000, (uint32_t)strlen(node) + 1, 10100, (uint32_t)strlen(service) + 1, 10200, 19000,
                                 max, DONE);
}

static void test_names(void)
{
    struct wasi_addrinfo any = {0}, stream = {.type = WASI_SOCKTYPE_STREAM};
    reset();
    make_list(10);
    CHECK(look_up("both", "https", stream, 10) == WASI_SUCCESS && peek(DONE) == 10);
    CHECK(look_up("both", "https", any, 100) == WASI_EFAULT); /* the list is shorter than was said */
    CHECK(look_up("both", "https", any, 1) == WASI_SUCCESS && peek(DONE) == 1);
    CHECK(same_bytes(40000, "\x01\xbb", 2));
    CHECK(look_up("", "80", stream, 10) == WASI_SUCCESS && peek(DONE) == 2);
    CHECK(look_up("none", "80", stream, 10) == WASI_EAINONAME && look_up("silent", "80", stream, 1) == WASI_EAIAGAIN);
    CHECK(look_up("both", "gopher", stream, 10) == WASI_EAISERVICE && look_up("both", "1", any, 0) == WASI_EAIMEMORY);
    any.family = 3;
    CHECK(look_up("both", "1", any, 10) == WASI_EAIFAMILY);
}

/* Any parameters at all: nothing leaves linear memory, and nothing is waited for without end. */
static void test_hostile(void)
{
    uint32_t state = 1;
    reset();
    for (int round = 0; round < 200000; round++) {
        uint32_t p[8];
        for (int i = 0; i < 8; i++) {
            state = state * 1664525 + 1013904223;
            p[i] = state >> 28 < 4 ? state >> 24 : state >> 28 < 8 ? END - (state >> 20 & 255) : state >> 10;
        }
        for (uint32_t fd = 0; fd < 16; fd++)
            if (fd_at(fd) && fd_at(fd)->kind)
                fd_at(fd)->flags |= WASI_FDFLAG_NONBLOCK;
        poke(p[7] % (END - 64), p, sizeof p);
        uint32_t fd = p[0] % 8;
        switch (round % 12) {
        case 0:
            wasi_sock_open(p[1] % 4, p[2] % 4, p[3]);
            break;
        case 1:
            wasi_sock_bind(fd, p[1], p[2]);
            break;
        case 2:
            wasi_sock_accept(fd, p[1] % 8, p[2]);
            break;
        case 3:
            wasi_sock_recv(fd, p[1], p[2], p[3] % 4, p[4], p[5]);
            break;
        case 4:
            wasi_sock_recv_from_port(fd, p[1], p[2] % 64, p[3], p[4] % 4, p[5], p[6], p[7]);
            break;
        case 5:
            wasi_sock_send_to(fd, p[1], p[2] % 64, p[3], p[4] % 70000, 0, p[5]);
            break;
        case 6:
            wasi_sock_getsockopt(fd, p[1] % 7, p[2] % 16, p[3], p[4]);
            break;
        case 7:
            wasi_sock_setsockopt(fd, p[1] % 7, p[2] % 16, p[3], p[4]);
            break;
        case 8:
            wasi_sock_getlocaladdr(fd, p[1], p[2], p[3]);
            break;
        case 9:
            wasi_sock_getaddrinfo(p[0], p[1] % 40, p[2], p[3] % 40, p[4], p[5], p[6] % 100, p[7]);
            break;
        case 10:
            wasi_sock_connect(fd, p[1], p[2] % 70000);
            break;
        default:
            wasi_fd_close(p[0] % 16);
        }
    }
}

int main(void)
{
    test_open();
    test_accept();
    test_receive();
    test_send();
    test_slow_peer();
    test_datagrams();
    test_errors();
    test_options();
    test_listeners();
    test_address_text();
    test_names();
    test_hostile();
    return 0;
}
