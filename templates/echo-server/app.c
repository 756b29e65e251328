/* echo.c: sends back what it is sent (RFC 862), to any number of connections at once, in one thread.
 *
 * Nothing but WASI: the program makes no socket, it is given one that listens, as descriptor 3 (mewz-cc --listen, or
 * wasmtime --tcplisten). A connection whose peer does not read what comes back is not read from either. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LISTENER        3
#define CONNECTIONS_MAX 1000

struct connection {
    size_t size; /* bytes that have come and not gone back yet */
    char bytes[16 << 10];
};

/* polls[0] is the listener's; connections[i] has polls[i]. */
static struct pollfd polls[CONNECTIONS_MAX + 1] = {{.fd = LISTENER, .events = POLLIN}};
static struct connection *connections[CONNECTIONS_MAX + 1];
static size_t count = 1;

static void add_connection(int fd)
{
    struct connection *connection = count <= CONNECTIONS_MAX ? malloc(sizeof *connection) : NULL;
    if (!connection || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        free(connection);
        close(fd);
        return;
    }
    connection->size = 0;
    connections[count] = connection;
    polls[count++] = (struct pollfd){.fd = fd, .events = POLLIN};
}

/* The last one takes its place. */
static void remove_connection(size_t index)
{
    close(polls[index].fd);
    free(connections[index]);
    count--;
    polls[index] = polls[count];
    connections[index] = connections[count];
}

static bool would_block(ssize_t result)
{
    return result < 0 && errno == EAGAIN;
}

/* Sends back what is there. False: the connection is over. */
static bool write_back(struct pollfd *poll, struct connection *connection)
{
    ssize_t sent = write(poll->fd, connection->bytes, connection->size);
    if (sent < 0 && !would_block(sent))
        return false;
    if (sent > 0) {
        connection->size -= (size_t)sent;
        memmove(connection->bytes, connection->bytes + sent, connection->size);
    }
    poll->events = connection->size ? POLLOUT : POLLIN;
    return true;
}

static bool go_on(struct pollfd *poll, struct connection *connection)
{
    if (connection->size)
        return write_back(poll, connection);
    ssize_t size = read(poll->fd, connection->bytes, sizeof connection->bytes);
    if (size <= 0)
        return would_block(size);
    connection->size = (size_t)size;
    return write_back(poll, connection);
}

int main(void)
{
    if (fcntl(LISTENER, F_SETFL, O_NONBLOCK) != 0) {
        fprintf(stderr, "there is no socket to listen on: start me with --listen tcp:0.0.0.0:7\n");
        return 1;
    }
    printf("listening\n");
    fflush(stdout);
    while (poll(polls, count, -1) > 0) {
        for (size_t i = count; i-- > 1;)
            if (polls[i].revents && !go_on(&polls[i], connections[i]))
                remove_connection(i);
        int fd;
        while (polls[0].revents && (fd = accept(LISTENER, NULL, NULL)) >= 0)
            add_connection(fd);
    }
    perror("poll");
    return 1;
}
