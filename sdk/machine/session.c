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
#include <signal.h>
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
    struct child *child;
    const struct machine_control *control; /* or NULL */
    bool begins_itself;
    bool negotiated; /* the monitor takes commands */
    struct flow flows[FLOWS];
    struct record records[RECORDS];
    struct buf monitor; /* the line of it that is still incomplete */
    struct metrics_watch watch;
    struct profile_watch profile;
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

/* A pipe that polls as writable takes PIPE_BUF bytes without blocking (pipe(7)), and no more for sure. A piece ends
 * with a line where it can: both outputs may go to the same place, and a piece of the other one come next. */
static size_t flow_piece(const struct flow *flow)
{
    const unsigned char *bytes = flow->bytes + flow->begin, *newline;
    size_t size = flow->end - flow->begin;
    if (size <= PIPE_BUF)
        return size;
    newline = memrchr(bytes, '\n', PIPE_BUF);
    return newline ? (size_t)(newline + 1 - bytes) : PIPE_BUF;
}

static int flow_write(struct flow *flow, bool may_lose, struct err *err)
{
    ssize_t wrote = write(flow->to, flow->bytes + flow->begin, flow_piece(flow));
    if (wrote >= 0)
        flow->begin += (size_t)wrote;
    else if (errno == EINTR || errno == EAGAIN)
        return 0;
    else if (may_lose)
        flow->begin = flow->end;
    else
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

static void command(struct session *session, const char *line)
{
    send(session->child->ours[MACHINE_FD_MONITOR], line, strlen(line), MSG_NOSIGNAL);
}

static void tell_done(const struct session *session, enum machine_command done)
{
    if (session->control)
        session->control->done(session->control->context, done);
}

/* The first answer is to qmp_capabilities. Events before that are lost, and with one that says that the program wants
 * stdin the program would wait for ever: so the machine waits until now. */
static void begin(struct session *session)
{
    session->negotiated = true;
    if (session->begins_itself)
        command(session, "{\"execute\": \"cont\"}\n");
    if (session->control)
        session->control->ready(session->control->context, session->child->pid);
}

/* QMP sends one JSON object a line: {"return": {}}, or, when the guest opens the port of stdin, {"timestamp": ...,
 * "event": "VSERPORT_CHANGE", "data": {"open": true, "id": "stdin"}}. */
static void handle_line(struct session *session, char *line)
{
    if (strstr(line, "\"VSERPORT_CHANGE\"") && strstr(line, "\"stdin\"") && strstr(line, "true"))
        session->flows[STDIN].held = false;
    else if (strstr(line, "\"STOP\""))
        tell_done(session, MACHINE_PAUSE);
    else if (strstr(line, "\"RESUME\""))
        tell_done(session, MACHINE_CONTINUE);
    else if (!session->negotiated && strstr(line, "\"return\""))
        begin(session);
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

/* --- control --- */

static void obey(struct session *session)
{
    switch (session->control->receive(session->control->context)) {
    case MACHINE_CONTINUE:
        command(session, "{\"execute\": \"cont\"}\n");
        break;
    case MACHINE_PAUSE:
        command(session, "{\"execute\": \"stop\"}\n");
        break;
    case MACHINE_END_STDIN:
        session->flows[STDIN].held = false;
        session->flows[STDIN].from = -1;
        break;
    case MACHINE_KILL:
        kill(session->child->pid, SIGKILL);
        break;
    case MACHINE_NOTHING:
        break;
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

static int flow_step(struct flow *flow, bool may_lose, struct err *err)
{
    if (flow->begin < flow->end)
        return flow_write(flow, may_lose, err);
    flow_read(flow);
    return 0;
}

/* QEMU holds the other ends of everything but stdin, so that they end together, with QEMU. */
static bool machine_ended(const struct session *session)
{
    for (int i = 0; i < RECORDS; i++)
        if (session->records[i].from >= 0)
            return false;
    return true;
}

static bool session_over(const struct session *session)
{
    for (int i = STDOUT; i < FLOWS; i++)
        if (session->flows[i].from >= 0 || session->flows[i].begin < session->flows[i].end)
            return false;
    return machine_ended(session);
}

static void read_record(struct session *session, int which)
{
    if (which == MONITOR)
        read_monitor(session);
    else
        record_read(&session->records[which]);
}

/* What nobody takes after the machine's end. */
static void lose_output(struct session *session)
{
    for (int i = STDOUT; i < FLOWS; i++) {
        session->flows[i].from = -1;
        session->flows[i].begin = session->flows[i].end;
    }
}

/* Waits for one thing to happen at least, and deals with all that have. */
static int session_step(struct session *session, struct err *err)
{
    enum { CONTROL = FLOWS + RECORDS, POLLS };
    struct pollfd polls[POLLS];
    for (int i = 0; i < FLOWS; i++)
        polls[i] = flow_poll(&session->flows[i]);
    for (int i = 0; i < RECORDS; i++)
        polls[FLOWS + i] = (struct pollfd){session->records[i].from, POLLIN, 0};
    if (session->negotiated)
        metrics_watch_step(&session->watch);
    profile_watch_step(&session->profile, session->records[EXIT].into->size > 0);
    bool ended = session->control && machine_ended(session);
    const struct timespec drain = {.tv_sec = MACHINE_DRAIN_MS / 1000};
    polls[CONTROL] = (struct pollfd){session->control && !ended ? session->control->fd : -1, POLLIN, 0};
    int count = ppoll(polls, POLLS, ended ? &drain : NULL, &session->watch.outside);
    if (count < 0)
        return errno == EINTR ? 0 : err_set_errno(err, "waiting for the machine");
    if (count == 0)
        lose_output(session);

    for (int i = 0; i < FLOWS; i++)
        if (polls[i].revents && flow_step(&session->flows[i], session->control, err) != 0)
            return -1;
    for (int i = 0; i < RECORDS; i++)
        if (polls[FLOWS + i].revents)
            read_record(session, i);
    if (polls[CONTROL].revents)
        obey(session);
    return 0;
}

int session_carry(struct child *child, const struct machine_control *control, bool debugger_begins,
                  const struct metrics *metrics, const struct profile *profile, struct session_result *result,
                  struct err *err)
{
    struct session session = {.child = child, .control = control, .begins_itself = !control && !debugger_begins};
    session_init(&session, child, result);
    metrics_watch_begin(&session.watch, metrics, child->ours[MACHINE_FD_MONITOR]);
    profile_watch_begin(&session.profile, profile, child->ours[MACHINE_FD_MONITOR]);
    command(&session, "{\"execute\": \"qmp_capabilities\"}\n");

    int status = 0;
    while (status == 0 && !session_over(&session)) {
        status = session_step(&session, err);
        struct flow *in = &session.flows[STDIN];
        if (in->from < 0 && in->begin == in->end && child->ours[MACHINE_FD_STDIN] >= 0) {
            close(child->ours[MACHINE_FD_STDIN]);
            child->ours[MACHINE_FD_STDIN] = -1;
        }
    }
    profile_watch_end(&session.profile);
    metrics_watch_end(&session.watch);
    buf_free(&session.monitor);
    return status;
}
