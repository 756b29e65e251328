/* Sockets that talk with each other through this machine's own address, each property in a function. The program ends
 * at the first thing that is not so, and says in which line. */
#include "wasmedge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("%d: %s: not so: %s\n", __LINE__, __func__, #condition);                                            \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

#define SECOND 1000000000ull

static uint8_t localhost[4] = {127, 0, 0, 1};
static const struct address here = {localhost, 4};

/* --- small things --- */

static uint32_t port_of(int fd)
{
    uint8_t bytes[4];
    struct address address = {bytes, sizeof bytes};
    uint32_t type, port;
    CHECK(sock_getlocaladdr(fd, &address, &type, &port) == 0 && type == 4);
    return port;
}

static int open_listener(void)
{
    int fd;
    CHECK(sock_open(INET4, STREAM, &fd) == 0 && sock_bind(fd, &here, 0) == 0 && sock_listen(fd, 8) == 0);
    CHECK(port_of(fd) != 0);
    return fd;
}

/* Both ends of a connection: its beginning waits for nobody. */
static void make_pair(int ends[2])
{
    int listener = open_listener();
    CHECK(sock_open(INET4, STREAM, &ends[0]) == 0 && sock_connect(ends[0], &here, port_of(listener)) == 0);
    CHECK(sock_accept(listener, &ends[1]) == 0 && close(listener) == 0);
}

static uint32_t send_bytes(int fd, const void *bytes, uint32_t size, uint32_t *sent)
{
    struct buffer buffer = {(void *)bytes, size};
    return sock_send(fd, &buffer, 1, 0, sent);
}

static uint32_t receive(int fd, void *bytes, uint32_t size, uint32_t flags, uint32_t *received)
{
    struct buffer buffer = {bytes, size};
    uint16_t out_flags;
    return sock_recv(fd, &buffer, 1, flags, received, &out_flags);
}

static void set_nonblocking(int fd)
{
    CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && (fcntl(fd, F_GETFL) & O_NONBLOCK));
}

static int pending_error(int fd)
{
    int error = -1;
    uint32_t size = sizeof error;
    CHECK(sock_getsockopt(fd, 0, SO_ERROR_, &error, &size) == 0 && size == 4);
    return error;
}

/* --- poll_oneoff --- */

static __wasi_subscription_t subscriptions[4];
static __wasi_event_t events[4];
static unsigned count;

static void want(int fd, __wasi_eventtype_t type)
{
    subscriptions[count] = (__wasi_subscription_t){.userdata = count};
    subscriptions[count].u.tag = type;
    subscriptions[count++].u.u.fd_read.file_descriptor = (__wasi_fd_t)fd;
}

static void want_time(uint64_t nanoseconds)
{
    subscriptions[count] = (__wasi_subscription_t){.userdata = count};
    subscriptions[count].u.tag = __WASI_EVENTTYPE_CLOCK;
    subscriptions[count].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
    subscriptions[count++].u.u.clock.timeout = nanoseconds;
}

/* Waits for what is wanted; how many events came. */
static unsigned poll_wanted(void)
{
    __wasi_size_t came;
    CHECK(__wasi_poll_oneoff(subscriptions, events, count, &came) == 0);
    count = 0;
    return came;
}

/* --- properties --- */

static void test_echo(void)
{
    int ends[2];
    char text[16];
    uint32_t size;
    make_pair(ends);
    CHECK(send_bytes(ends[0], "hello", 5, &size) == 0 && size == 5);
    CHECK(receive(ends[1], text, sizeof text, 1, &size) == 0 && size == 5); /* a look, the data stays */
    CHECK(receive(ends[1], text, sizeof text, 0, &size) == 0 && size == 5 && memcmp(text, "hello", 5) == 0);
    CHECK(write(ends[1], "back", 4) == 4 && read(ends[0], text, sizeof text) == 4 && memcmp(text, "back", 4) == 0);
    CHECK(send_bytes(ends[0], "12", 2, &size) == 0 && send_bytes(ends[0], "34", 2, &size) == 0);
    CHECK(receive(ends[1], text, 4, 2, &size) == 0 && size == 4 && memcmp(text, "1234", 4) == 0); /* all of it */
    CHECK(close(ends[0]) == 0 && read(ends[1], text, 1) == 0 && close(ends[1]) == 0);
    CHECK(close(ends[1]) == -1 && errno == EBADF);
}

static void test_half_close(void)
{
    int ends[2];
    char text[16];
    uint32_t size;
    make_pair(ends);
    CHECK(write(ends[0], "last", 4) == 4 && sock_shutdown(ends[0], 2) == 0);
    CHECK(send_bytes(ends[0], "x", 1, &size) == EPIPE);
    want(ends[1], __WASI_EVENTTYPE_FD_READ);
    CHECK(poll_wanted() == 1 && events[0].fd_readwrite.nbytes == 4 && events[0].fd_readwrite.flags == 0);
    CHECK(read(ends[1], text, sizeof text) == 4 && read(ends[1], text, sizeof text) == 0);
    want(ends[1], __WASI_EVENTTYPE_FD_READ);
    CHECK(poll_wanted() == 1 && events[0].fd_readwrite.nbytes == 0 && events[0].fd_readwrite.flags == 1);
    CHECK(write(ends[1], "still", 5) == 5 && read(ends[0], text, sizeof text) == 5); /* the other way is open */
    CHECK(sock_shutdown(ends[0], 0) == EINVAL && sock_shutdown(ends[0], 4) == EINVAL);
    close(ends[0]);
    close(ends[1]);
}

static void test_reset(void)
{
    int ends[2], linger[2] = {1, 0};
    char text[16];
    make_pair(ends);
    CHECK(sock_setsockopt(ends[0], 0, SO_LINGER_, linger, sizeof linger) == 0 && close(ends[0]) == 0);
    want(ends[1], __WASI_EVENTTYPE_FD_READ);
    CHECK(poll_wanted() == 1 && events[0].error == ECONNRESET && events[0].fd_readwrite.flags == 1);
    CHECK(read(ends[1], text, sizeof text) == -1 && errno == ECONNRESET);
    close(ends[1]);
}

/* Of a connection that cannot be: the port is free. */
static void test_refused(void)
{
    int fd, listener = open_listener();
    uint32_t port = port_of(listener);
    close(listener);
    CHECK(sock_open(INET4, STREAM, &fd) == 0 && sock_connect(fd, &here, port) == ECONNREFUSED && close(fd) == 0);

    CHECK(sock_open(INET4, STREAM, &fd) == 0);
    set_nonblocking(fd);
    uint32_t error = sock_connect(fd, &here, port);
    CHECK(error == EINPROGRESS || error == ECONNREFUSED);
    if (error == EINPROGRESS) {
        want(fd, __WASI_EVENTTYPE_FD_WRITE);
        CHECK(poll_wanted() == 1 && events[0].error == ECONNREFUSED);
        CHECK(pending_error(fd) == ECONNREFUSED && pending_error(fd) == 0);
    }
    close(fd);
}

static void test_nonblocking(void)
{
    int listener = open_listener(), client, server;
    char text[16];
    uint32_t size;
    set_nonblocking(listener);
    CHECK(sock_accept(listener, &server) == EAGAIN);
    CHECK(sock_accept_official(listener, __WASI_FDFLAGS_APPEND, &server) == EINVAL);
    CHECK(sock_open(INET4, STREAM, &client) == 0);
    set_nonblocking(client);
    uint32_t error = sock_connect(client, &here, port_of(listener));
    CHECK(error == 0 || error == EINPROGRESS);
    want(client, __WASI_EVENTTYPE_FD_WRITE);
    CHECK(poll_wanted() == 1 && events[0].error == 0 && pending_error(client) == 0);
    want(listener, __WASI_EVENTTYPE_FD_READ);
    CHECK(poll_wanted() == 1 && sock_accept_official(listener, __WASI_FDFLAGS_NONBLOCK, &server) == 0);
    CHECK(fcntl(server, F_GETFL) & O_NONBLOCK);
    CHECK(receive(server, text, 1, 0, &size) == EAGAIN && read(client, text, 1) == -1 && errno == EAGAIN);
    close(client);
    close(server);
    close(listener);
}

/* Both ends take what they can in turns, far more than any buffer holds. */
static void test_bulk(void)
{
    enum { TOTAL = 4 << 20 };
    static char out[64 << 10], in[64 << 10];
    int ends[2];
    uint32_t sent = 0, received = 0;
    make_pair(ends);
    set_nonblocking(ends[0]);
    while (received < TOTAL) {
        uint32_t size = 0;
        for (uint32_t i = 0; i < sizeof out; i++)
            out[i] = (char)((sent + i) * 7 + (sent + i) / 256);
        if (sent < TOTAL && send_bytes(ends[0], out, sizeof out, &size) == 0)
            sent += size;
        while (received < sent) {
            CHECK(receive(ends[1], in, sizeof in, 0, &size) == 0 && size > 0);
            for (uint32_t i = 0; i < size; i++)
                CHECK(in[i] == (char)((received + i) * 7 + (received + i) / 256));
            received += size;
        }
    }
    close(ends[0]);
    close(ends[1]);
}

static void test_datagrams(void)
{
    int a, b;
    char text[16];
    uint8_t bytes[128];
    struct address from = {bytes, sizeof bytes};
    struct buffer out = {"datagram", 8}, in = {text, sizeof text}, small = {text, 4};
    uint32_t size;
    uint16_t port, flags;
    CHECK(sock_open(INET4, DGRAM, &a) == 0 && sock_open(INET4, DGRAM, &b) == 0);
    CHECK(sock_bind(a, &here, 0) == 0 && sock_bind(b, &here, 0) == 0);
    CHECK(sock_send_to(a, &out, 1, &here, port_of(b), 0, &size) == 0 && size == 8);
    CHECK(sock_recv_from_v2(b, &in, 1, &from, 0, &port, &size, &flags) == 0 && size == 8 && flags == 0);
    CHECK(memcmp(text, "datagram", 8) == 0 && port == port_of(a));
    CHECK(bytes[0] == INET4 && bytes[1] == 0 && memcmp(bytes + 2, localhost, 4) == 0);
    CHECK(sock_send_to(a, &out, 1, &here, port_of(b), 0, &size) == 0);
    CHECK(sock_send_to(a, &out, 1, &here, port_of(b), 0, &size) == 0);
    from.size = 4;
    CHECK(sock_recv_from(b, &small, 1, &from, 0, &size, &flags) == 0 && size == 4 && flags == 1); /* cut */
    CHECK(memcmp(bytes, localhost, 4) == 0);
    CHECK(sock_recv(b, &in, 1, 0, &size, &flags) == 0 && size == 8 && flags == 0);
    out.size = 0;
    CHECK(sock_send_to(a, &out, 1, &here, port_of(b), 0, &size) == 0 && size == 0); /* an empty one is one */
    CHECK(sock_recv(b, &in, 1, 0, &size, &flags) == 0 && size == 0);
    CHECK(sock_connect(a, &here, port_of(b)) == 0 && write(a, "x", 1) == 1 && read(b, text, sizeof text) == 1);
    CHECK(sock_send_to(a, &out, 1, &here, 65536, 0, &size) == EINVAL && sock_bind(a, &from, 70000) == EINVAL);
    close(a);
    close(b);
}

static void test_poll_mix(void)
{
    int ends[2], listener = open_listener(), client;
    make_pair(ends);
    want(listener, __WASI_EVENTTYPE_FD_READ);
    want(ends[0], __WASI_EVENTTYPE_FD_READ);
    want_time(1000000);
    CHECK(poll_wanted() == 1 && events[0].type == __WASI_EVENTTYPE_CLOCK && events[0].userdata == 2);
    want(ends[0], __WASI_EVENTTYPE_FD_READ);
    want(ends[0], __WASI_EVENTTYPE_FD_WRITE);
    want_time(SECOND);
    CHECK(poll_wanted() == 1 && events[0].type == __WASI_EVENTTYPE_FD_WRITE);
    CHECK(write(ends[1], "abc", 3) == 3 && sock_open(INET4, STREAM, &client) == 0);
    CHECK(sock_connect(client, &here, port_of(listener)) == 0);
    want(ends[0], __WASI_EVENTTYPE_FD_READ);
    want(listener, __WASI_EVENTTYPE_FD_READ);
    want(99, __WASI_EVENTTYPE_FD_READ);
    want_time(10 * SECOND);
    CHECK(poll_wanted() >= 2 && events[0].userdata == 0 && events[0].fd_readwrite.nbytes == 3);
    close(client);
    close(listener);
    close(ends[0]);
    close(ends[1]);
}

static void test_options(void)
{
    struct {
        int64_t seconds, microseconds;
    } time = {0, 20000}, read_time;
    int listener = open_listener(), ends[2], value = 0;
    uint32_t size = sizeof value;
    char text[4];
    CHECK(sock_getsockopt(listener, 0, SO_ACCEPTCONN_, &value, &size) == 0 && value == 1);
    CHECK(sock_getsockopt(listener, 0, SO_TYPE_, &value, &size) == 0 && value == STREAM);
    make_pair(ends);
    CHECK(sock_setsockopt(ends[0], 0, SO_RCVTIMEO_, &time, sizeof time) == 0);
    size = sizeof read_time;
    CHECK(sock_getsockopt(ends[0], 0, SO_RCVTIMEO_, &read_time, &size) == 0 && size == sizeof read_time);
    CHECK(read_time.seconds == 0 && read_time.microseconds == 20000);
    CHECK(receive(ends[0], text, 1, 0, &size) == EAGAIN); /* its time is over */
    CHECK(sock_setsockopt(ends[0], 0, 3, &value, sizeof value) == ENOPROTOOPT);
    CHECK(sock_setsockopt(1, 0, SO_REUSEADDR_, &value, sizeof value) == ENOTSOCK);
    uint8_t bytes[128];
    struct address peer = {bytes, sizeof bytes};
    uint32_t port;
    CHECK(sock_getpeeraddr_v2(ends[0], &peer, &port) == 0 && port == port_of(ends[1]) && bytes[0] == INET4);
    CHECK(sock_getpeeraddr_v2(listener, &peer, &port) == ENOTCONN);
    close(ends[0]);
    close(ends[1]);
    close(listener);
}

static void test_addresses(void)
{
    uint8_t data[2][26];
    struct sockaddr_ sockaddrs[2] = {{0, 26, data[0]}, {0, 26, data[1]}};
    struct addrinfo_ infos[2] = {{.address = &sockaddrs[0], .next = &infos[1]}, {.address = &sockaddrs[1]}};
    struct addrinfo_ *list = infos, hints = {.type = STREAM};
    uint32_t found;
    CHECK(sock_getaddrinfo("192.0.2.7", 9, "http", 4, &hints, &list, 2, &found) == 0 && found == 1);
    CHECK(infos[0].family == INET4 && infos[0].type == STREAM && infos[0].address_size == 16);
    CHECK(sockaddrs[0].size == 14 && memcmp(data[0], "\0\120\300\0\2\7", 6) == 0);
    CHECK(sock_getaddrinfo("2001:db8::5:6", 13, "8080", 4, &hints, &list, 2, &found) == 0 && found == 1);
    CHECK(infos[0].family == INET6 && sockaddrs[0].size == 26 && data[0][0] == 31 && data[0][1] == 144);
    CHECK(memcmp(data[0] + 6, "\x20\x01\x0d\xb8", 4) == 0 && data[0][19] == 5 && data[0][21] == 6);
    hints.flags = 4; /* no names */
    CHECK(sock_getaddrinfo("example", 7, "1", 1, &hints, &list, 2, &found) == 84);
    CHECK(sock_getaddrinfo("1::2::3", 7, "1", 1, &hints, &list, 2, &found) == 84);
    CHECK(sock_getaddrinfo("", 0, "", 0, &hints, &list, 2, &found) == 84);
}

static void test_ipv6(void)
{
    static uint8_t loopback[16] = {[15] = 1};
    struct address address = {loopback, sizeof loopback};
    uint8_t bytes[16];
    struct address local = {bytes, sizeof bytes};
    int listener, client, server;
    uint32_t type, port;
    char text[4];
    CHECK(sock_open(INET6, STREAM, &listener) == 0 && sock_bind(listener, &address, 0) == 0);
    CHECK(sock_listen(listener, 1) == 0 && sock_getlocaladdr(listener, &local, &type, &port) == 0);
    CHECK(type == 6 && memcmp(bytes, loopback, 16) == 0);
    CHECK(sock_open(INET6, STREAM, &client) == 0 && sock_connect(client, &address, port) == 0);
    CHECK(sock_accept(listener, &server) == 0 && write(server, "six", 3) == 3 && read(client, text, 4) == 3);
    close(client);
    close(server);
    close(listener);
}

int main(void)
{
    static const struct {
        const char *name;
        void (*test)(void);
    } tests[] = {
        {"echo", test_echo},
        {"half-close", test_half_close},
        {"reset", test_reset},
        {"refused", test_refused},
        {"non-blocking", test_nonblocking},
        {"bulk", test_bulk},
        {"datagrams", test_datagrams},
        {"poll", test_poll_mix},
        {"options", test_options},
        {"names", test_addresses},
        {"IPv6", test_ipv6},
    };
    for (unsigned i = 0; i < sizeof tests / sizeof *tests; i++) {
        tests[i].test();
        printf("%s\n", tests[i].name);
    }
    return 0;
}
