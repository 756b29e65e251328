/* session.c: the traffic between a running QEMU and this process's standard streams.
 *
 * QEMU never gets the user's own descriptors: it makes its channels non-blocking and a terminal raw, which would stay
 * so for whoever shares them. Every byte passes through here instead, from pipe to descriptor, and a reader that does
 * not read holds up its own stream only.
 *
 * stdin is read only once the program wants it, which QEMU's monitor tells: a program that reads nothing takes nothing
 * from a shell loop's list, and in the background is not stopped for reading the terminal. */
#include "machine/session.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One direction of one stream. */
struct flow {
    const char *name; /* for messages */
    int from;         /* -1 once it has ended */
    int to;
    bool held; /* not to be read yet */
    size_t begin, end;
    unsigned char bytes[65536]; /* [begin, end) is to be written */
};

/* What is kept instead of passed on: at least the last `limit` bytes. */
struct record {
    int from;
    struct buf *into;
    size_t limit;
};

enum { STDIN, STDOUT, STDERR, FLOWS };
enum { SERIAL, ERRORS, EXIT, MONITOR, RECORDS };

struct session {
    struct flow flows[FLOWS];
    struct record records[RECORDS];
    struct buf monitor; /* the line of it that is still incomplete */
    struct metrics_watch watch;
};

/* --- flows --- */

static void flow_read(struct flow *flow)
{
    ssize_t got = read(flow->from, flow->bytes, sizeof flow->bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    flow->begin = 0;
    flow->end = got > 0 ? (size_t)got : 0;
    if (got <= 0)
        flow->from = -1; /* a descriptor that was never open is at its end as well */
}

static int flow_write(struct flow *flow, struct err *err)
{
    /* A pipe that polls as writable takes PIPE_BUF bytes without blocking (pipe(7)), and no more for sure. */
    size_t size = flow->end - flow->begin;
    ssize_t wrote = write(flow->to, flow->bytes + flow->begin, size < PIPE_BUF ? size : PIPE_BUF);
    if (wrote >= 0)
        flow->begin += (size_t)wrote;
    else if (errno != EINTR && errno != EAGAIN)
        return err_set_errno(err, "writing %s", flow->name);
    return 0;
}

/* --- records --- */

static void record_read(struct record *record)
{
    unsigned char bytes[4096];
    ssize_t got = read(record->from, bytes, sizeof bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (got <= 0) {
        record->from = -1;
        return;
    }
    struct buf *into = record->into;
    buf_append(into, bytes, (size_t)got);
    if (into->size > 2 * record->limit) {
        memmove(into->data, into->data + into->size - record->limit, record->limit);
        into->size = record->limit;
    }
}

/* --- the monitor --- */

/* QMP sends one JSON object a line. When the guest opens the port of stdin, this is
 * {"timestamp": ..., "event": "VSERPORT_CHANGE", "data": {"open": true, "id": "stdin"}}. */
static bool is_stdin_opened(const char *line)
{
    return strstr(line, "\"VSERPORT_CHANGE\"") && strstr(line, "\"stdin\"") && strstr(line, "true");
}

static void handle_line(struct session *session, char *line)
{
    if (is_stdin_opened(line))
        session->flows[STDIN].held = false;
    metrics_watch_line(&session->watch, line);
}

static void read_monitor(struct session *session)
{
    record_read(&session->records[MONITOR]);
    struct buf *text = &session->monitor;
    char *newline;
    while (text->size && (newline = memchr(text->data, '\n', text->size))) {
        *newline = 0;
        handle_line(session, (char *)text->data);
        size_t size = (size_t)(newline + 1 - (char *)text->data);
        text->size -= size;
        memmove(text->data, newline + 1, text->size);
    }
}

/* --- all of it --- */

static void flow_init(struct flow *flow, const char *name, int from, int to)
{
    flow->name = name;
    flow->from = from;
    flow->to = to;
    flow->held = false;
    flow->begin = flow->end = 0;
}

static void session_init(struct session *session, const struct child *child, struct session_result *result)
{
    const int *ours = child->ours;
    flow_init(&session->flows[STDIN], "stdin", STDIN_FILENO, ours[MACHINE_FD_STDIN]);
    flow_init(&session->flows[STDOUT], "stdout", ours[MACHINE_FD_STDOUT], STDOUT_FILENO);
    flow_init(&session->flows[STDERR], "stderr", ours[MACHINE_FD_STDERR], STDERR_FILENO);
    session->flows[STDIN].held = true;

    session->monitor = (struct buf){0};
    session->records[SERIAL] = (struct record){ours[MACHINE_FD_SERIAL], &result->serial, 16384};
    session->records[ERRORS] = (struct record){ours[MACHINE_FD_ERRORS], &result->errors, 4096};
    session->records[EXIT] = (struct record){ours[MACHINE_FD_EXIT], &result->exit, 1};
    session->records[MONITOR] = (struct record){ours[MACHINE_FD_MONITOR], &session->monitor, 65536};
}

static struct pollfd flow_poll(const struct flow *flow)
{
    if (flow->begin < flow->end)
        return (struct pollfd){flow->to, POLLOUT, 0};
    return (struct pollfd){flow->held ? -1 : flow->from, POLLIN, 0};
}

static int flow_step(struct flow *flow, struct err *err)
{
    if (flow->begin < flow->end)
        return flow_write(flow, err);
    flow_read(flow);
    return 0;
}

/* QEMU holds the other ends of everything but stdin, so that they end together, with QEMU. */
static bool session_over(const struct session *session)
{
    for (int i = 0; i < RECORDS; i++)
        if (session->records[i].from >= 0)
            return false;
    for (int i = STDOUT; i < FLOWS; i++)
        if (session->flows[i].from >= 0 || session->flows[i].begin < session->flows[i].end)
            return false;
    return true;
}

static int session_step(struct session *session, struct err *err)
{
    struct pollfd polls[FLOWS + RECORDS];
    for (int i = 0; i < FLOWS; i++)
        polls[i] = flow_poll(&session->flows[i]);
    for (int i = 0; i < RECORDS; i++)
        polls[FLOWS + i] = (struct pollfd){session->records[i].from, POLLIN, 0};
    metrics_watch_step(&session->watch);
    if (ppoll(polls, FLOWS + RECORDS, NULL, &session->watch.outside) < 0)
        return errno == EINTR ? 0 : err_set_errno(err, "waiting for the machine");

    for (int i = 0; i < FLOWS; i++)
        if (polls[i].revents && flow_step(&session->flows[i], err) != 0)
            return -1;
    for (int i = 0; i < RECORDS; i++) {
        if (!polls[FLOWS + i].revents)
            continue;
        if (i == MONITOR)
            read_monitor(session);
        else
            record_read(&session->records[i]);
    }
    return 0;
}

/* The machine waits until the monitor takes commands: events before that are lost, and with one that says that the
 * program wants stdin the program would wait for ever. */
static void begin(const struct child *child, bool debugger_begins)
{
    static const char negotiate[] = "{\"execute\": \"qmp_capabilities\"}\n";
    static const char proceed[] = "{\"execute\": \"cont\"}\n";
    send(child->ours[MACHINE_FD_MONITOR], negotiate, sizeof negotiate - 1, MSG_NOSIGNAL);
    if (!debugger_begins)
        send(child->ours[MACHINE_FD_MONITOR], proceed, sizeof proceed - 1, MSG_NOSIGNAL);
}

int session_carry(struct child *child, bool debugger_begins, const struct metrics *metrics,
                  struct session_result *result, struct err *err)
{
    struct session session;
    session_init(&session, child, result);
    metrics_watch_begin(&session.watch, metrics, child->ours[MACHINE_FD_MONITOR]);
    begin(child, debugger_begins);

    int status = 0;
    while (status == 0 && !session_over(&session)) {
        status = session_step(&session, err);
        struct flow *in = &session.flows[STDIN];
        if (in->from < 0 && in->begin == in->end && child->ours[MACHINE_FD_STDIN] >= 0) {
            close(child->ours[MACHINE_FD_STDIN]);
            child->ours[MACHINE_FD_STDIN] = -1;
        }
    }
    metrics_watch_end(&session.watch);
    buf_free(&session.monitor);
    return status;
}
