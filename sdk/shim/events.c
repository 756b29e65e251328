#include "shim/events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "events.pb-c.h"
#include "shim/connection.h"
#include "shim/log.h"
#include "shim/message.h"
#include "ttrpc.pb-c.h"

struct event {
    char *topic;
    struct buf request; /* ready to be sent */
    struct event *next;
};

struct events {
    struct loop *loop;
    char *address;
    char *namespace;
    struct connection connection;
    bool connected;
    bool waiting; /* for the answer to the first one */
    uint32_t stream;
    struct event *first, **last;
    unsigned count;
};

static void send_first(struct events *events);

/* --- the queue --- */

static void drop_first(struct events *events)
{
    struct event *event = events->first;
    events->first = event->next;
    if (!events->first)
        events->last = &events->first;
    events->count--;
    buf_free(&event->request);
    free(event->topic);
    free(event);
}

/* --- the connection --- */

static void confirm(void *context, const struct ttrpc_frame *frame)
{
    struct events *events = context;
    if (frame->type != TTRPC_RESPONSE || !events->waiting || frame->stream != events->stream)
        return;
    Ttrpc__Response *response = frame->message ? ttrpc__response__unpack(NULL, frame->size, frame->message) : NULL;
    if (response && response->status && response->status->code != TTRPC_OK)
        log_line(LOG_WARNING, "event %s: containerd refused it: %s", events->first->topic, response->status->message);
    else
        log_line(LOG_DEBUG, "event %s", events->first->topic);
    if (response)
        ttrpc__response__free_unpacked(response, NULL);
    events->waiting = false;
    drop_first(events);
    send_first(events);
}

static void lose_connection(void *context)
{
    struct events *events = context;
    connection_fini(&events->connection);
    events->connected = events->waiting = false;
}

static bool connect_to(struct events *events)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(events->address) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, events->address, strlen(events->address) + 1);
    /* It connects at once, or not at all: without SOCK_NONBLOCK it would wait for room among those who wait to be
     * accepted. */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    events->connection = (struct connection){.received = confirm, .ended = lose_connection, .context = events};
    connection_init(&events->connection, events->loop, fd);
    events->connected = true;
    events->stream = 1;
    return true;
}

static void send_first(struct events *events)
{
    if (!events->first || events->waiting || (!events->connected && !connect_to(events)))
        return;
    events->stream += 2;
    events->waiting = true;
    const struct buf *request = &events->first->request;
    connection_send(&events->connection, events->stream, TTRPC_REQUEST, request->data, (uint32_t)request->size);
}

/* --- the interface --- */

struct events *events_new(struct loop *loop, const char *address, const char *namespace)
{
    struct events *events = memory_alloc(sizeof *events);
    events->loop = loop;
    events->address = memory_copy_string(address);
    events->namespace = memory_copy_string(namespace);
    events->last = &events->first;
    return events;
}

/* The request that forwards one event: an envelope with the event as Any, which here has a bare type name. */
static void pack_request(const struct events *events, const char *topic, const ProtobufCMessage *message,
                         struct buf *out)
{
    struct buf value = {0}, payload = {0};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    Google__Protobuf__Timestamp stamp = message_timestamp(&now);
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
    message_pack(&value, message);
    any.type_url = (char *)(uintptr_t)message->descriptor->name;
    any.value = (ProtobufCBinaryData){value.size, value.data};
    Containerd__Services__Events__Ttrpc__V1__Envelope envelope =
        CONTAINERD__SERVICES__EVENTS__TTRPC__V1__ENVELOPE__INIT;
    envelope.timestamp = &stamp;
    envelope.namespace_ = events->namespace;
    envelope.topic = (char *)(uintptr_t)topic;
    envelope.event = &any;
    Containerd__Services__Events__Ttrpc__V1__ForwardRequest forward =
        CONTAINERD__SERVICES__EVENTS__TTRPC__V1__FORWARD_REQUEST__INIT;
    forward.envelope = &envelope;
    message_pack(&payload, &forward.base);

    Ttrpc__KeyValue owner = TTRPC__KEY_VALUE__INIT, *metadata = &owner;
    owner.key = (char[]){"containerd-namespace-ttrpc"};
    owner.value = events->namespace;
    Ttrpc__Request request = TTRPC__REQUEST__INIT;
    request.service = (char[]){"containerd.services.events.ttrpc.v1.Events"};
    request.method = (char[]){"Forward"};
    request.payload = (ProtobufCBinaryData){payload.size, payload.data};
    request.n_metadata = 1;
    request.metadata = &metadata;
    message_pack(out, &request.base);
    buf_free(&value);
    buf_free(&payload);
}

void events_publish(struct events *events, const char *topic, const ProtobufCMessage *message)
{
    if (events->count == EVENTS_MAX) {
        log_line(LOG_ERROR, "event %s is lost: containerd has not taken the %d before it", topic, EVENTS_MAX);
        return;
    }
    struct event *event = memory_alloc(sizeof *event);
    event->topic = memory_copy_string(topic);
    pack_request(events, topic, message, &event->request);
    *events->last = event;
    events->last = &event->next;
    events->count++;
    send_first(events);
}

bool events_are_out(const struct events *events)
{
    return !events->first;
}

void events_retry(struct events *events)
{
    send_first(events);
}
