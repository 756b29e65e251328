/* load.c: a client that asks a server of files (tests/net/server) over many connections and checks every byte.
 *
 *   load [-c CONNECTIONS] [-n REQUESTS] [-k] [-i IDLE] [-s SLOW] ADDRESS PORT PATH
 *
 * Asks REQUESTS times for PATH, over CONNECTIONS at once that stay (with -k: a new one each time). Meanwhile IDLE more
 * connections say nothing, and SLOW more send their requests byte by byte and read little at a time. Prints "REQUESTS
 * SECONDS". Fails if an answer is not what the file is, a connection ends early, or nothing happens for a minute. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 60000, SLOW_PAUSE = 20 }; /* ms */

enum kind { LIVE, IDLE, SLOW };

struct connection {
    int fd;
    enum kind kind;
    size_t sent;               /* of the request */
    size_t head_size;          /* bytes in `head` */
    size_t body_got, body_all; /* of the answer, once its head is whole */
    bool in_body;
    char head[512];
};

static struct sockaddr_storage server;
static socklen_t server_size;
static char request[256];
static size_t request_size;
static bool closes; /* a connection a request */
static unsigned long wanted, begun, done;
static int poller;

static void fail(const char *what)
{
    fprintf(stderr, "load: %s (after %lu answers): %s\n", what, done, strerror(errno));
    exit(1);
}

/* What the template's files.c says. */
static char byte_of_file(size_t i)
{
    return i % 64 == 63 ? '\n' : (char)('a' + (i / 64 + i % 64) % 26);
}

static void watch(struct connection *connection, uint32_t events, int operation)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    if (epoll_ctl(poller, operation, connection->fd, &event) != 0)
        fail("epoll_ctl");
}

/* --- a connection's life --- */

static void connect_new(struct connection *connection)
{
    int one = 1;
    connection->fd = socket(server.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0)
        fail("socket");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connection->kind == SLOW) {
        int small = 2048;
        setsockopt(connection->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    }
    if (connect(connection->fd, (struct sockaddr *)&server, server_size) != 0 && errno != EINPROGRESS)
        fail("connect");
    connection->sent = connection->head_size = 0;
    connection->in_body = false;
    watch(connection, EPOLLOUT, EPOLL_CTL_ADD);
}

/* The connection may begin with another request, if one is left; what is slow goes on for ever. */
static void begin_request(struct connection *connection)
{
    connection->sent = connection->head_size = 0;
    connection->in_body = false;
    if (closes && connection->fd >= 0) {
        close(connection->fd);
        connection->fd = -1;
    }
    if (connection->kind == LIVE && begun == wanted)
        return;
    begun += connection->kind == LIVE;
    if (connection->fd < 0)
        connect_new(connection);
    else
        watch(connection, EPOLLOUT, EPOLL_CTL_MOD);
}

static void go_on_sending(struct connection *connection)
{
    size_t rest = request_size - connection->sent;
    ssize_t sent = send(connection->fd, request + connection->sent, connection->kind == SLOW ? 1 : rest, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN)
        fail("sending");
    connection->sent += sent > 0 ? (size_t)sent : 0;
    if (connection->sent == request_size)
        watch(connection, EPOLLIN, EPOLL_CTL_MOD);
}

static void check_body(struct connection *connection, const char *bytes, size_t size)
{
    if (connection->body_got + size > connection->body_all)
        fail("an answer is longer than it said");
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte_of_file(connection->body_got + i))
            fail("an answer differs from the file");
    connection->body_got += size;
}

/* Looks for the end of the head; what lies behind it is the body. */
static void read_head(struct connection *connection, const char *bytes, size_t size)
{
    if (connection->head_size + size >= sizeof connection->head + 65536)
        fail("the head is too long");
    size_t room = sizeof connection->head - 1 - connection->head_size;
    size_t part = size < room ? size : room;
    memcpy(connection->head + connection->head_size, bytes, part);
    connection->head[connection->head_size + part] = 0;
    const char *end = strstr(connection->head, "\r\n\r\n");
    const char *length = strstr(connection->head, "Content-Length: ");
    if (!end && part < size)
        fail("the head is too long");
    if (!end) {
        connection->head_size += part;
        return;
    }
    if (strncmp(connection->head, "HTTP/1.1 200", 12) != 0 || !length)
        fail("no answer of the kind that was expected");
    size_t in_head = (size_t)(end + 4 - connection->head) - connection->head_size;
    connection->in_body = true;
    connection->body_got = 0;
    connection->body_all = strtoul(length + 16, NULL, 10);
    check_body(connection, bytes + in_head, size - in_head);
}

static void go_on_reading(struct connection *connection)
{
    static char bytes[65536];
    ssize_t got = recv(connection->fd, bytes, connection->kind == SLOW ? 100 : sizeof bytes, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0)
        fail(got == 0 ? "the server ended a connection" : "receiving");
    if (connection->in_body)
        check_body(connection, bytes, (size_t)got);
    else
        read_head(connection, bytes, (size_t)got);
    if (!connection->in_body || connection->body_got < connection->body_all)
        return;
    done += connection->kind == LIVE;
    begin_request(connection);
}

static void go_on(struct connection *connection, uint32_t events)
{
    if (connection->kind == IDLE) {
        if (events & (EPOLLERR | EPOLLHUP | EPOLLIN))
            fail("an idle connection ended");
        watch(connection, EPOLLIN, EPOLL_CTL_MOD); /* it stands */
    } else if (connection->sent < request_size) {
        go_on_sending(connection);
    } else {
        go_on_reading(connection);
    }
}

/* --- all of them --- */

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Slow connections have their turn once in a while only, whatever their sockets say. */
static void run(struct connection *slow, unsigned slow_count)
{
    struct epoll_event events[256];
    uint64_t last_slow = now(), last_progress = now();
    unsigned long last_done = done;
    while (done < wanted) {
        int count = epoll_wait(poller, events, 256, slow_count ? SLOW_PAUSE : PATIENCE);
        for (int i = 0; i < count; i++)
            go_on(events[i].data.ptr, events[i].events);
        if (slow_count && now() - last_slow > SLOW_PAUSE * 1000000ull) {
            last_slow = now();
            for (unsigned i = 0; i < slow_count; i++)
                watch(&slow[i], slow[i].sent < request_size ? EPOLLOUT | EPOLLONESHOT : EPOLLIN | EPOLLONESHOT,
                      EPOLL_CTL_MOD);
        }
        if (done != last_done)
            last_progress = now();
        last_done = done;
        if (now() - last_progress > PATIENCE * 1000000ull)
            fail("nothing happens");
    }
}

static void set_server(const char *address, const char *port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&server;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&server;
    in_port_t number = htons((uint16_t)atoi(port));
    if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = number;
        server_size = sizeof *v4;
    } else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = number;
        server_size = sizeof *v6;
    } else {
        fail("no such address");
    }
}

int main(int argc, char **argv)
{
    unsigned counts[3] = {[LIVE] = 1};
    wanted = 1;
    for (int option; (option = getopt(argc, argv, "c:n:i:s:k")) != -1;) {
        if (option == 'c')
            counts[LIVE] = (unsigned)atoi(optarg);
        else if (option == 'n')
            wanted = strtoul(optarg, NULL, 10);
        else if (option == 'i')
            counts[IDLE] = (unsigned)atoi(optarg);
        else if (option == 's')
            counts[SLOW] = (unsigned)atoi(optarg);
        else if (option == 'k')
            closes = true;
        else
            return 2;
    }
    if (argc - optind != 3)
        return 2;
    set_server(argv[optind], argv[optind + 1]);
    request_size = (size_t)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: test\r\n%s\r\n",
                                    argv[optind + 2], closes ? "Connection: close\r\n" : "");
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);

    unsigned total = counts[LIVE] + counts[IDLE] + counts[SLOW];
    struct connection *connections = calloc(total, sizeof *connections);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (!connections || poller < 0)
        fail("beginning");
    unsigned first_slow = counts[IDLE], first_live = first_slow + counts[SLOW];
    uint64_t begin = now();
    for (unsigned i = 0; i < total; i++) {
        connections[i].fd = -1;
        connections[i].kind = i < first_slow ? IDLE : i < first_live ? SLOW : LIVE;
        if (connections[i].kind == IDLE)
            connect_new(&connections[i]);
        else
            begin_request(&connections[i]);
    }
    run(connections + first_slow, counts[SLOW]);
    printf("%lu %.3f\n", done, (double)(now() - begin) / 1e9);
    return 0;
}
