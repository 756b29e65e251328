#include "shim/connection.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static loop_handler handle_events;

static void watch(struct connection *connection)
{
    short events = (short)(POLLIN | (connection->out.size ? POLLOUT : 0));
    loop_watch(connection->loop, connection->fd, events, handle_events, connection);
}

void connection_init(struct connection *connection, struct loop *loop, int fd)
{
    connection->loop = loop;
    connection->fd = fd;
    connection->ending = false;
    watch(connection);
}

/* False at the end. */
static bool flush(struct connection *connection)
{
    struct buf *out = &connection->out;
    ssize_t sent = out->size ? send(connection->fd, out->data, out->size, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
    if (sent < 0 && errno != EAGAIN && errno != EINTR && errno != ENOTCONN)
        return false;
    if (sent > 0) {
        out->size -= (size_t)sent;
        memmove(out->data, out->data + sent, out->size);
    }
    watch(connection);
    return true;
}

void connection_send(struct connection *connection, uint32_t stream, enum ttrpc_type type, const void *message,
                     uint32_t size)
{
    if (connection->out.size > CONNECTION_UNSENT_MAX)
        connection->ending = true;
    if (connection->ending)
        return;
    ttrpc_put_frame(&connection->out, stream, type, message, size);
    connection->ending = !flush(connection); /* the loop ends it: the caller may be in the middle of something */
    if (connection->ending)
        loop_watch(connection->loop, connection->fd, POLLOUT, handle_events, connection);
}

/* False at the end. */
static bool receive(struct connection *connection)
{
    uint8_t bytes[65536];
    ssize_t got = recv(connection->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (got <= 0)
        return false;
    ttrpc_reader_add(&connection->reader, bytes, (size_t)got);
    struct ttrpc_frame frame;
    while (!connection->ending && ttrpc_reader_next(&connection->reader, &frame))
        connection->received(connection->context, &frame);
    return true;
}

static void handle_events(void *context, short events)
{
    struct connection *connection = context;
    bool good = !connection->ending && !(events & POLLERR);
    if (good && events & POLLOUT)
        good = flush(connection);
    if (good && events & (POLLIN | POLLHUP))
        good = receive(connection);
    if (!good || connection->ending)
        connection->ended(connection->context);
}

void connection_fini(struct connection *connection)
{
    loop_forget(connection->loop, connection->fd);
    close(connection->fd);
    connection->fd = -1;
    ttrpc_reader_free(&connection->reader);
    buf_free(&connection->out);
}
