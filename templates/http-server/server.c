/* server.c: a server of the files in a folder, for any number of connections at once, in one thread.
 *
 * Each connection has a subscription for poll_oneoff, which says what it waits for: a request to read, or room for the
 * rest of an answer. Subscription 0 is the socket that listens. Answers are written as soon as they are known, and only
 * what does not fit waits. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

#include "answer.h"
#include "http.h"
#include "sockets.h"

#define FOLDER       "/srv" /* mewz.toml puts it there */
#define PORT_DEFAULT 80
#define BACKLOG      1024

struct connection {
    int fd;
    bool over;
    struct answer answer;
    size_t received; /* bytes in `request` */
    char request[4096];
};

/* connections[i] has subscriptions[i], and 0 is nobody's. */
static struct connection **connections;
static __wasi_subscription_t *subscriptions;
static __wasi_event_t *events;
static size_t count, capacity;

/* --- the list --- */

static void subscribe(size_t index, int fd, __wasi_eventtype_t type)
{
    __wasi_subscription_t *subscription = &subscriptions[index];
    subscription->userdata = index;
    subscription->u.tag = type;
    subscription->u.u.fd_read.file_descriptor = (__wasi_fd_t)fd; /* fd_write has it at the same place */
}

static bool reserve(void)
{
    if (count < capacity)
        return true;
    size_t more = capacity ? 2 * capacity : 16;
    void *new_connections = realloc(connections, more * sizeof *connections);
    connections = new_connections ? new_connections : connections;
    void *new_subscriptions = realloc(subscriptions, more * sizeof *subscriptions);
    subscriptions = new_subscriptions ? new_subscriptions : subscriptions;
    void *new_events = realloc(events, more * sizeof *events);
    events = new_events ? new_events : events;
    if (!new_connections || !new_subscriptions || !new_events)
        return false;
    capacity = more;
    return true;
}

static bool add_connection(int fd)
{
    struct connection *connection = reserve() ? malloc(sizeof *connection) : NULL;
    if (!connection)
        return false;
    connection->fd = fd;
    connection->over = false;
    connection->answer.file = -1;
    connection->received = 0;
    connections[count] = connection;
    subscribe(count++, fd, __WASI_EVENTTYPE_FD_READ);
    return true;
}

/* The last one takes its place. */
static void remove_connection(size_t index)
{
    answer_end(&connections[index]->answer);
    close(connections[index]->fd);
    free(connections[index]);
    if (index != --count) {
        connections[index] = connections[count];
        subscriptions[index] = subscriptions[count];
        subscriptions[index].userdata = index;
    }
}

/* --- answers --- */

/* Takes the next request from the bytes that have come and makes its answer. False: there is no whole one yet. */
static bool begin_next(struct connection *connection)
{
    struct request request;
    enum http_result result = http_parse(connection->request, connection->received, &request);
    if (result == HTTP_INCOMPLETE && connection->received < sizeof connection->request)
        return false;
    answer_begin(&connection->answer, result, &request);
    if (result == HTTP_REQUEST) {
        connection->received -= request.size;
        memmove(connection->request, connection->request + request.size, connection->received);
    }
    return true;
}

static enum progress go_on_sending(struct connection *connection)
{
    enum progress progress = answer_send(&connection->answer, connection->fd);
    if (progress == DONE)
        answer_end(&connection->answer);
    return progress;
}

/* --- events --- */

/* Answers all requests that have come, as far as the peer takes it. False: the connection is over. */
static bool answer(size_t index)
{
    struct connection *connection = connections[index];
    while (begin_next(connection)) {
        enum progress progress = go_on_sending(connection);
        if (progress == FAILED || (progress == DONE && !connection->answer.keep_alive))
            return false;
        if (progress == WAITS) {
            subscribe(index, connection->fd, __WASI_EVENTTYPE_FD_WRITE);
            return true;
        }
    }
    subscribe(index, connection->fd, __WASI_EVENTTYPE_FD_READ);
    return true;
}

static bool go_on_reading(size_t index)
{
    struct connection *connection = connections[index];
    size_t room = sizeof connection->request - connection->received;
    ssize_t size = read(connection->fd, connection->request + connection->received, room);
    if (size < 0 && errno == EAGAIN)
        return true;
    if (size <= 0)
        return false;
    connection->received += (size_t)size;
    return answer(index);
}

static bool go_on_writing(size_t index)
{
    enum progress progress = go_on_sending(connections[index]);
    if (progress == DONE && connections[index]->answer.keep_alive)
        return answer(index);
    return progress == WAITS;
}

static void accept_all(int listener)
{
    int fd;
    while (sock_accept(listener, &fd) == 0) {
        if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || !add_connection(fd))
            close(fd);
    }
}

/* Connections that are over leave at the end, so that none moves before. */
static void remove_ended(void)
{
    for (size_t index = count; index-- > 1;)
        if (connections[index]->over)
            remove_connection(index);
}

static void handle(size_t event_count, int listener)
{
    bool has_new = false, has_ended = false;
    for (size_t i = 0; i < event_count; i++) {
        size_t index = (size_t)events[i].userdata;
        if (index == 0) {
            has_new = true;
            continue;
        }
        bool goes_on = events[i].type == __WASI_EVENTTYPE_FD_WRITE ? go_on_writing(index) : go_on_reading(index);
        connections[index]->over = !goes_on;
        has_ended |= !goes_on;
    }
    if (has_ended)
        remove_ended();
    if (has_new)
        accept_all(listener);
}

/* --- the beginning --- */

static int open_listener(uint32_t port)
{
    static const uint8_t any[4];
    static const struct socket_address address = {any, sizeof any};
    int fd;
    uint32_t error = sock_open(FAMILY_INET4, TYPE_STREAM, &fd);
    if (!error)
        error = sock_bind(fd, &address, port);
    if (!error)
        error = sock_listen(fd, BACKLOG);
    if (!error && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
        return fd;
    fprintf(stderr, "cannot listen on port %u: %s\n", (unsigned)port, strerror((int)error));
    exit(1);
}

int main(int argc, char **argv)
{
    uint32_t port = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : PORT_DEFAULT;
    int listener = open_listener(port);
    if (!answer_open_folder(FOLDER)) {
        fprintf(stderr, "%s: %s: start me with --dir site:%s\n", FOLDER, strerror(errno), FOLDER);
        return 1;
    }
    if (!reserve())
        return 1;
    subscribe(count++, listener, __WASI_EVENTTYPE_FD_READ);
    printf("listening on port %u\n", (unsigned)port);
    fflush(stdout);
    for (;;) {
        __wasi_size_t event_count;
        if (__wasi_poll_oneoff(subscriptions, events, count, &event_count) != 0)
            return 1;
        handle(event_count, listener);
    }
}
