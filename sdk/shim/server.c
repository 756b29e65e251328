#include "shim/server.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "shim/connection.h"
#include "shim/message.h"
#include "ttrpc.pb-c.h"

struct ttrpc_call {
    struct client *client; /* NULL once it has gone */
    uint32_t stream;
    struct ttrpc_call *next; /* of the same client */
};

struct client {
    struct server *server;
    struct connection connection;
    struct ttrpc_call *calls;
    unsigned call_count;
    struct client *next;
};

struct server {
    struct loop *loop;
    int fd;
    const char *service;
    server_handler *handler;
    void *context;
    struct client *clients;
    unsigned client_count;
};

/* --- calls --- */

static struct ttrpc_call *call_new(struct client *client, uint32_t stream)
{
    struct ttrpc_call *call = memory_alloc(sizeof *call);
    *call = (struct ttrpc_call){client, stream, client->calls};
    client->calls = call;
    client->call_count++;
    return call;
}

static void call_free(struct ttrpc_call *call)
{
    if (call->client) {
        struct ttrpc_call **link = &call->client->calls;
        while (*link != call)
            link = &(*link)->next;
        *link = call->next;
        call->client->call_count--;
    }
    free(call);
}

static void respond(struct ttrpc_call *call, const Ttrpc__Response *response)
{
    struct buf bytes = {0};
    message_pack(&bytes, &response->base);
    if (call->client)
        connection_send(&call->client->connection, call->stream, TTRPC_RESPONSE, bytes.data, (uint32_t)bytes.size);
    buf_free(&bytes);
    call_free(call);
}

void call_reply(struct ttrpc_call *call, const ProtobufCMessage *message)
{
    Ttrpc__Response response = TTRPC__RESPONSE__INIT;
    struct buf payload = {0};
    message_pack(&payload, message);
    response.payload = (ProtobufCBinaryData){payload.size, payload.data};
    respond(call, &response);
    buf_free(&payload);
}

void call_fail(struct ttrpc_call *call, enum ttrpc_code code, const char *format, ...)
{
    char text[1200];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    Ttrpc__Response response = TTRPC__RESPONSE__INIT;
    Ttrpc__Status status = TTRPC__STATUS__INIT;
    status.code = (int32_t)code;
    status.message = text;
    response.status = &status;
    respond(call, &response);
}

/* --- clients --- */

static void dispatch(struct client *client, struct ttrpc_call *call, const Ttrpc__Request *request)
{
    struct server *server = client->server;
    if (strcmp(request->service, server->service) == 0)
        server->handler(server->context, call, request->method, request->payload.data, request->payload.len);
    else
        call_fail(call, TTRPC_UNIMPLEMENTED, "service %.200s is not known", request->service);
}

static bool has_call(const struct client *client, uint32_t stream)
{
    const struct ttrpc_call *call = client->calls;
    while (call && call->stream != stream)
        call = call->next;
    return call != NULL;
}

/* Frames of other types than a request are for protocols to come, and ignored. */
static void receive(void *context, const struct ttrpc_frame *frame)
{
    struct client *client = context;
    if (frame->type != TTRPC_REQUEST)
        return;
    bool is_reused = has_call(client, frame->stream);
    struct ttrpc_call *call = call_new(client, frame->stream);
    Ttrpc__Request *request = frame->message ? ttrpc__request__unpack(NULL, frame->size, frame->message) : NULL;
    if (frame->stream % 2 == 0 || is_reused)
        call_fail(call, TTRPC_INVALID_ARGUMENT, "stream %u is not a new one of a client", frame->stream);
    else if (client->call_count > SERVER_CALLS)
        call_fail(call, TTRPC_RESOURCE_EXHAUSTED, "more than %d calls at a time", SERVER_CALLS);
    else if (!frame->message)
        call_fail(call, TTRPC_RESOURCE_EXHAUSTED, "a message of %u bytes, more than %d", frame->size,
                  TTRPC_MESSAGE_MAX);
    else if (!request)
        call_fail(call, TTRPC_INVALID_ARGUMENT, "this is no request");
    else
        dispatch(client, call, request);
    if (request)
        ttrpc__request__free_unpacked(request, NULL);
}

static loop_handler accept_client;

/* Takes a new client while there is room; the others wait in the socket. */
static void watch_socket(struct server *server)
{
    loop_watch(server->loop, server->fd, server->client_count < SERVER_CLIENTS ? POLLIN : 0, accept_client, server);
}

static void end_client(void *context)
{
    struct client *client = context;
    struct server *server = client->server;
    struct client **link = &server->clients;
    while (*link != client)
        link = &(*link)->next;
    *link = client->next;
    for (struct ttrpc_call *call = client->calls, *next; call; call = next) {
        next = call->next;
        call->client = NULL; /* whoever has it will still answer it */
    }
    connection_fini(&client->connection);
    free(client);
    server->client_count--;
    watch_socket(server);
}

static void accept_client(void *context, short events)
{
    struct server *server = context;
    int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 || !(events & POLLIN))
        return;
    struct client *client = memory_alloc(sizeof *client);
    client->server = server;
    client->connection = (struct connection){.received = receive, .ended = end_client, .context = client};
    connection_init(&client->connection, server->loop, fd);
    client->next = server->clients;
    server->clients = client;
    server->client_count++;
    watch_socket(server);
}

/* --- the whole --- */

struct server *server_new(struct loop *loop, int fd, const char *service, server_handler *handler, void *context)
{
    struct server *server = memory_alloc(sizeof *server);
    *server = (struct server){loop, fd, service, handler, context, NULL, 0};
    watch_socket(server);
    return server;
}

void server_free(struct server *server)
{
    for (struct client *client = server->clients, *next; client; client = next) {
        next = client->next;
        end_client(client);
    }
    loop_forget(server->loop, server->fd);
    close(server->fd);
    free(server);
}

int server_is_busy(const struct server *server)
{
    for (const struct client *client = server->clients; client; client = client->next)
        if (client->connection.out.size)
            return 1;
    return 0;
}
