#include "shim/container.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "events_task.pb-c.h"
#include "google/protobuf/empty.pb-c.h"
#include "shim/log.h"
#include "shim/message.h"
#include "shim/mounts.h"
#include "shim/spec.h"

#define CREATED CONTAINERD__V1__TYPES__STATUS__CREATED
#define RUNNING CONTAINERD__V1__TYPES__STATUS__RUNNING
#define STOPPED CONTAINERD__V1__TYPES__STATUS__STOPPED
#define PAUSED  CONTAINERD__V1__TYPES__STATUS__PAUSED

struct container *container_find(const struct shim *shim, const char *id)
{
    struct container *container = shim->containers;
    while (container && strcmp(container->id, id) != 0)
        container = container->next;
    return container;
}

static void reply_empty(struct ttrpc_call *call)
{
    Google__Protobuf__Empty empty = GOOGLE__PROTOBUF__EMPTY__INIT;
    call_reply(call, &empty.base);
}

/* The call that waits for the task, which is no longer asked. */
static struct ttrpc_call *take_asked(struct container *container)
{
    struct ttrpc_call *call = container->asked;
    container->asked = NULL;
    return call;
}

/* --- events --- */

static void publish_create(const struct container *container)
{
    Containerd__Events__TaskCreate event = CONTAINERD__EVENTS__TASK_CREATE__INIT;
    Containerd__Events__TaskIO io = CONTAINERD__EVENTS__TASK_IO__INIT;
    io.stdin = container->in;
    io.stdout = container->out;
    io.stderr = container->err;
    io.terminal = container->terminal;
    event.container_id = container->id;
    event.bundle = container->bundle;
    event.io = &io;
    event.pid = container->pid;
    events_publish(container->shim->events, "/tasks/create", &event.base);
}

static void publish_start(const struct container *container)
{
    Containerd__Events__TaskStart event = CONTAINERD__EVENTS__TASK_START__INIT;
    event.container_id = container->id;
    event.pid = container->pid;
    events_publish(container->shim->events, "/tasks/start", &event.base);
}

static void publish_paused(const struct container *container)
{
    Containerd__Events__TaskPaused event = CONTAINERD__EVENTS__TASK_PAUSED__INIT;
    event.container_id = container->id;
    events_publish(container->shim->events, "/tasks/paused", &event.base);
}

static void publish_resumed(const struct container *container)
{
    Containerd__Events__TaskResumed event = CONTAINERD__EVENTS__TASK_RESUMED__INIT;
    event.container_id = container->id;
    events_publish(container->shim->events, "/tasks/resumed", &event.base);
}

static void publish_oom(const struct container *container)
{
    Containerd__Events__TaskOOM event = CONTAINERD__EVENTS__TASK_OOM__INIT;
    event.container_id = container->id;
    events_publish(container->shim->events, "/tasks/oom", &event.base);
}

static void publish_exit(const struct container *container)
{
    Containerd__Events__TaskExit event = CONTAINERD__EVENTS__TASK_EXIT__INIT;
    Google__Protobuf__Timestamp at = message_timestamp(&container->exited_at);
    event.container_id = event.id = container->id;
    event.pid = container->pid;
    event.exit_status = container->exit_status;
    event.exited_at = &at;
    events_publish(container->shim->events, "/tasks/exit", &event.base);
}

static void publish_delete(const struct container *container)
{
    Containerd__Events__TaskDelete event = CONTAINERD__EVENTS__TASK_DELETE__INIT;
    Google__Protobuf__Timestamp at = message_timestamp(&container->exited_at);
    event.container_id = container->id;
    event.pid = container->pid;
    event.exit_status = container->exit_status;
    event.exited_at = &at;
    events_publish(container->shim->events, "/tasks/delete", &event.base);
}

/* --- what the task tells --- */

static void became_ready(struct container *container, const struct task_message *message)
{
    Containerd__Task__V2__CreateTaskResponse response = CONTAINERD__TASK__V2__CREATE_TASK_RESPONSE__INIT;
    container->pid = response.pid = (uint32_t)message->value;
    container->status = CREATED;
    publish_create(container);
    call_reply(take_asked(container), &response.base);
}

static void became_started(struct container *container, const struct task_message *message)
{
    Containerd__Task__V2__StartResponse response = CONTAINERD__TASK__V2__START_RESPONSE__INIT;
    (void)message;
    response.pid = container->pid;
    container->status = RUNNING;
    publish_start(container);
    call_reply(take_asked(container), &response.base);
}

static void became_paused(struct container *container, const struct task_message *message)
{
    (void)message;
    container->status = PAUSED;
    publish_paused(container);
    reply_empty(take_asked(container));
}

static void became_resumed(struct container *container, const struct task_message *message)
{
    (void)message;
    container->status = RUNNING;
    publish_resumed(container);
    reply_empty(take_asked(container));
}

/* Whoever asked for the container learns it when the task has ended (container_ended). */
static void failed(struct container *container, const struct task_message *message)
{
    memcpy(container->failure, message->text, sizeof container->failure);
    log_line(LOG_ERROR, "%s: %s", container->id, message->text);
    if (container->pid && container->status != CREATED)
        call_fail(take_asked(container), TTRPC_UNKNOWN, "%s", message->text);
}

static void handle_message(struct container *container, const struct task_message *message)
{
    static void (*const handlers[])(struct container *, const struct task_message *) = {
        [TASK_READY] = became_ready,     [TASK_STARTED] = became_started, [TASK_PAUSED] = became_paused,
        [TASK_RESUMED] = became_resumed, [TASK_FAILED] = failed,
    };
    if (message->kind == TASK_NOTICE)
        log_line(LOG_WARNING, "%s: %s", container->id, message->text);
    else if (message->kind >= TASK_READY && message->kind < TASK_NOTICE && container->asked)
        handlers[message->kind](container, message);
}

static bool has_message(const struct container *container)
{
    struct pollfd poll_task = {container->task.fd, POLLIN, 0};
    return poll(&poll_task, 1, 0) > 0 && poll_task.revents & POLLIN;
}

static void read_messages(void *context, short events)
{
    struct container *container = context;
    struct task_message message;
    (void)events;
    while (has_message(container)) {
        if (!task_receive(container->task.fd, &message)) {
            loop_forget(&container->shim->loop, container->task.fd); /* its end comes as a signal */
            return;
        }
        handle_message(container, &message);
    }
    if (events & POLLHUP)
        loop_forget(&container->shim->loop, container->task.fd);
}

/* --- making and removing --- */

static char *join(const char *folder, const char *name)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", folder, name);
    buf_byte(&path, 0);
    return (char *)path.data;
}

static struct container *container_new(struct shim *shim, const Containerd__Task__V2__CreateTaskRequest *request)
{
    struct container *container = memory_alloc(sizeof *container);
    container->shim = shim;
    container->id = memory_copy_string(request->id);
    container->bundle = memory_copy_string(request->bundle);
    container->rootfs = join(request->bundle, "rootfs");
    container->in = memory_copy_string(request->stdin);
    container->out = memory_copy_string(request->stdout);
    container->err = memory_copy_string(request->stderr);
    container->terminal = request->terminal;
    container->task.fd = container->stdin_hold = -1;
    container->next = shim->containers;
    shim->containers = container;
    return container;
}

static void container_free(struct container *container)
{
    struct container **link = &container->shim->containers;
    while (*link != container)
        link = &(*link)->next;
    *link = container->next;
    if (container->stdin_hold >= 0)
        close(container->stdin_hold);
    cgroup_fini(&container->cgroup);
    free(container->id);
    free(container->bundle);
    free(container->rootfs);
    free(container->in);
    free(container->out);
    free(container->err);
    free(container);
}

/* Nothing of the container stays on the machine. What was killed may take a moment to go. */
static void clean_up(const struct container *container)
{
    enum { ATTEMPTS = 200 };
    cgroup_kill(&container->cgroup);
    mounts_remove(container->rootfs);
    bool removed = cgroup_remove(&container->cgroup);
    for (int i = 0; i < ATTEMPTS && !removed; i++) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
        removed = cgroup_remove(&container->cgroup);
    }
    if (!removed)
        log_line(LOG_ERROR, "%s: its control group cannot be removed", container->id);
}

static int begin(struct container *container, const Containerd__Task__V2__CreateTaskRequest *request, struct err *err)
{
    struct task_options options = {
        .id = container->id,
        .namespace = container->shim->namespace,
        .bundle = container->bundle,
        .streams = {container->in, container->out, container->err},
        .terminal = container->terminal,
    };
    struct spec spec;
    if (spec_read(&spec, container->bundle, err) != 0)
        return -1;
    cgroup_init(&container->cgroup, CGROUP_ROOT, spec.cgroups_path);
    spec_free(&spec);
    container->stdin_hold = streams_hold_stdin(&options.streams);
    if (mounts_make(request->rootfs, request->n_rootfs, container->rootfs, err) != 0 ||
        task_fork(&container->task, &options, err) != 0)
        return -1;
    loop_watch(&container->shim->loop, container->task.fd, POLLIN, read_messages, container);
    return 0;
}

void container_create(struct shim *shim, struct ttrpc_call *call,
                      const Containerd__Task__V2__CreateTaskRequest *request)
{
    struct err err = {0};
    if (container_find(shim, request->id)) {
        call_fail(call, TTRPC_ALREADY_EXISTS, "container %s is there already", request->id);
        return;
    }
    struct container *container = container_new(shim, request);
    container->asked = call;
    if (begin(container, request, &err) != 0) {
        log_line(LOG_ERROR, "%s: %s", container->id, err.text);
        call_fail(take_asked(container), TTRPC_UNKNOWN, "%s", err.text);
        mounts_remove(container->rootfs);
        container_free(container);
    }
}

/* --- requests --- */

void container_ask(struct container *container, struct ttrpc_call *call, enum task_kind kind)
{
    Containerd__V1__Types__Status needed = kind == TASK_START ? CREATED : kind == TASK_PAUSE ? RUNNING : PAUSED;
    if (container->asked) {
        call_fail(call, TTRPC_FAILED_PRECONDITION, "container %s is busy with another request", container->id);
        return;
    }
    if (container->status != needed) {
        call_fail(call, TTRPC_FAILED_PRECONDITION, "container %s is not %s", container->id,
                  needed == CREATED   ? "just created"
                  : needed == RUNNING ? "running"
                                      : "paused");
        return;
    }
    container->asked = call;
    task_send(container->task.fd, kind, 0, "");
}

static void reply_wait(const struct container *container, struct ttrpc_call *call)
{
    Containerd__Task__V2__WaitResponse response = CONTAINERD__TASK__V2__WAIT_RESPONSE__INIT;
    Google__Protobuf__Timestamp at = message_timestamp(&container->exited_at);
    response.exit_status = container->exit_status;
    response.exited_at = &at;
    call_reply(call, &response.base);
}

void container_wait(struct container *container, struct ttrpc_call *call)
{
    if (container->status == STOPPED) {
        reply_wait(container, call);
        return;
    }
    struct container_waiter *waiter = memory_alloc(sizeof *waiter);
    *waiter = (struct container_waiter){call, container->waiters};
    container->waiters = waiter;
}

static void finish_delete(struct container *container, struct ttrpc_call *call)
{
    Containerd__Task__V2__DeleteResponse response = CONTAINERD__TASK__V2__DELETE_RESPONSE__INIT;
    Google__Protobuf__Timestamp at = message_timestamp(&container->exited_at);
    clean_up(container);
    publish_delete(container);
    response.pid = container->pid;
    response.exit_status = container->exit_status;
    response.exited_at = &at;
    call_reply(call, &response.base);
    container_free(container);
}

void container_delete(struct container *container, struct ttrpc_call *call)
{
    if (container->status == STOPPED) {
        finish_delete(container, call);
    } else if (container->status == CREATED && !container->deleting && !container->asked) {
        container->deleting = call;
        task_send(container->task.fd, TASK_SIGNAL, SIGKILL, "");
    } else {
        call_fail(call, TTRPC_FAILED_PRECONDITION, "container %s is running", container->id);
    }
}

/* --- the end --- */

static void answer_waiters(struct container *container)
{
    for (struct container_waiter *waiter = container->waiters, *next; waiter; waiter = next) {
        next = waiter->next;
        reply_wait(container, waiter->call);
        free(waiter);
    }
    container->waiters = NULL;
}

static void fail_asked(struct container *container)
{
    if (container->asked)
        call_fail(take_asked(container), TTRPC_UNKNOWN, "%s",
                  *container->failure ? container->failure : "the task has ended");
}

void container_ended(struct container *container, int status)
{
    read_messages(container, 0); /* what it told before it ended */
    loop_forget(&container->shim->loop, container->task.fd);
    close(container->task.fd);
    container->task.fd = -1;
    container->exit_status = (uint32_t)(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    clock_gettime(CLOCK_REALTIME, &container->exited_at);
    container->status = STOPPED;
    if (!container->pid) { /* it never came to be */
        clean_up(container);
        fail_asked(container);
        answer_waiters(container);
        container_free(container);
        return;
    }
    log_line(LOG_DEBUG, "%s: ended with %u", container->id, container->exit_status);
    if (cgroup_oom_kills(&container->cgroup) > 0)
        publish_oom(container);
    publish_exit(container);
    fail_asked(container);
    answer_waiters(container);
    if (container->deleting)
        finish_delete(container, container->deleting);
}
