/* service.c: the methods of containerd.task.v2.Task. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "google/protobuf/empty.pb-c.h"
#include "shim/container.h"
#include "shim/log.h"
#include "shim/message.h"
#include "shim/shim.h"

#define STOPPED CONTAINERD__V1__TYPES__STATUS__STOPPED

static void reply_empty(struct ttrpc_call *call)
{
    Google__Protobuf__Empty empty = GOOGLE__PROTOBUF__EMPTY__INIT;
    call_reply(call, &empty.base);
}

/* --- methods on a container --- */

typedef void method_handler(struct container *container, struct ttrpc_call *call, const void *request);

static void state(struct container *container, struct ttrpc_call *call, const void *request)
{
    Containerd__Task__V2__StateResponse response = CONTAINERD__TASK__V2__STATE_RESPONSE__INIT;
    Google__Protobuf__Timestamp at = message_timestamp(&container->exited_at);
    (void)request;
    response.id = container->id;
    response.bundle = container->bundle;
    response.pid = container->pid;
    response.status = container->status;
    response.stdin = container->in;
    response.stdout = container->out;
    response.stderr = container->err;
    response.terminal = container->terminal;
    response.exit_status = container->exit_status;
    if (container->status == STOPPED)
        response.exited_at = &at;
    call_reply(call, &response.base);
}

static void start(struct container *container, struct ttrpc_call *call, const void *request)
{
    (void)request;
    container_ask(container, call, TASK_START);
}

static void pause_container(struct container *container, struct ttrpc_call *call, const void *request)
{
    (void)request;
    container_ask(container, call, TASK_PAUSE);
}

static void resume(struct container *container, struct ttrpc_call *call, const void *request)
{
    (void)request;
    container_ask(container, call, TASK_RESUME);
}

static void wait_for_end(struct container *container, struct ttrpc_call *call, const void *request)
{
    (void)request;
    container_wait(container, call);
}

static void delete(struct container *container, struct ttrpc_call *call, const void *request)
{
    (void)request;
    container_delete(container, call);
}

static void kill_container(struct container *container, struct ttrpc_call *call, const void *request)
{
    const Containerd__Task__V2__KillRequest *kill_request = request;
    if (container->status == STOPPED) {
        call_fail(call, TTRPC_NOT_FOUND, "container %s has ended: process already finished", container->id);
    } else if (kill_request->signal > 64) {
        call_fail(call, TTRPC_INVALID_ARGUMENT, "%u is no signal", kill_request->signal);
    } else {
        task_send(container->task.fd, TASK_SIGNAL, (int)kill_request->signal, "");
        reply_empty(call);
    }
}

static void close_io(struct container *container, struct ttrpc_call *call, const void *request)
{
    const Containerd__Task__V2__CloseIORequest *close_request = request;
    if (close_request->stdin && container->stdin_hold >= 0) {
        close(container->stdin_hold);
        container->stdin_hold = -1;
    }
    reply_empty(call);
}

static void pids(struct container *container, struct ttrpc_call *call, const void *request)
{
    enum { PIDS_MAX = 1024 };
    static pid_t numbers[PIDS_MAX];
    static Containerd__V1__Types__ProcessInfo infos[PIDS_MAX];
    static Containerd__V1__Types__ProcessInfo *list[PIDS_MAX];
    Containerd__Task__V2__PidsResponse response = CONTAINERD__TASK__V2__PIDS_RESPONSE__INIT;
    (void)request;
    size_t found = cgroup_pids(&container->cgroup, numbers, PIDS_MAX);
    if (found == 0 && container->status != STOPPED)
        numbers[found++] = (pid_t)container->pid;
    response.n_processes = found < PIDS_MAX ? found : PIDS_MAX;
    for (size_t i = 0; i < response.n_processes; i++) {
        containerd__v1__types__process_info__init(&infos[i]);
        infos[i].pid = (uint32_t)numbers[i];
        list[i] = &infos[i];
    }
    response.processes = list;
    call_reply(call, &response.base);
}

static void stats(struct container *container, struct ttrpc_call *call, const void *request)
{
    Containerd__Task__V2__StatsResponse response = CONTAINERD__TASK__V2__STATS_RESPONSE__INIT;
    Google__Protobuf__Any any = GOOGLE__PROTOBUF__ANY__INIT;
    struct buf metrics = {0};
    (void)request;
    if (!container->cgroup.path) {
        call_fail(call, TTRPC_FAILED_PRECONDITION, "container %s has no control group to measure", container->id);
        return;
    }
    any.type_url = (char *)(uintptr_t)cgroup_metrics(&container->cgroup, &metrics);
    any.value = (ProtobufCBinaryData){metrics.size, metrics.data};
    response.stats = &any;
    call_reply(call, &response.base);
    buf_free(&metrics);
}

/* A machine keeps the memory that it began with, so that its limit can become larger, and smaller only as far as the
 * kernel lets it. */
static void update(struct container *container, struct ttrpc_call *call, const void *request)
{
    const Containerd__Task__V2__UpdateTaskRequest *update_request = request;
    struct spec_resources resources = {0};
    struct err err = {0};
    const ProtobufCBinaryData *json = update_request->resources ? &update_request->resources->value : NULL;
    if (!json || spec_read_resources(&resources, (const char *)json->data, json->len, &err) != 0)
        call_fail(call, TTRPC_INVALID_ARGUMENT, "%s", err.set ? err.text : "there are no resources to update");
    else if (cgroup_limit(&container->cgroup, &resources, &err) != 0)
        call_fail(call, TTRPC_FAILED_PRECONDITION, "%s", err.text);
    else
        reply_empty(call);
}

static void resize_terminal(struct container *container, struct ttrpc_call *call, const void *request)
{
    (void)container;
    (void)request;
    reply_empty(call); /* the program has no way to ask how large its terminal is */
}

static void exec(struct container *container, struct ttrpc_call *call, const void *request)
{
    (void)request;
    call_fail(call, TTRPC_UNIMPLEMENTED,
              "container %s: exec: a machine runs one program, and has no shell to run another", container->id);
}

static void checkpoint(struct container *container, struct ttrpc_call *call, const void *request)
{
    (void)request;
    call_fail(call, TTRPC_UNIMPLEMENTED, "container %s: checkpoint: a machine's state cannot be saved", container->id);
}

/* --- methods on the shim --- */

static void connect_client(struct shim *shim, struct ttrpc_call *call,
                           const Containerd__Task__V2__ConnectRequest *request)
{
    Containerd__Task__V2__ConnectResponse response = CONTAINERD__TASK__V2__CONNECT_RESPONSE__INIT;
    const struct container *container = container_find(shim, request->id);
    response.shim_pid = (uint32_t)getpid();
    response.task_pid = container ? container->pid : 0;
    response.version = (char[]){MEWZ_VERSION};
    call_reply(call, &response.base);
}

/* Of a pod's containers each is shut down, but only the last one takes the shim along. Its socket goes before the
 * answer: whoever then starts a container of the same name makes a shim of its own, at the same path. */
static void shut_down(struct shim *shim, struct ttrpc_call *call)
{
    shim->ending = !shim->containers;
    if (shim->ending)
        unlink(shim->socket);
    reply_empty(call);
}

/* --- the table --- */

#define METHOD(name, request, handle) {name, &containerd__task__v2__##request##__descriptor, handle}

/* Those without a handler are the shim's. */
static const struct method {
    const char *name;
    const ProtobufCMessageDescriptor *request;
    method_handler *handle;
} methods[] = {
    METHOD("Create", create_task_request, NULL),
    METHOD("Connect", connect_request, NULL),
    METHOD("Shutdown", shutdown_request, NULL),
    METHOD("State", state_request, state),
    METHOD("Start", start_request, start),
    METHOD("Delete", delete_request, delete),
    METHOD("Pids", pids_request, pids),
    METHOD("Pause", pause_request, pause_container),
    METHOD("Resume", resume_request, resume),
    METHOD("Checkpoint", checkpoint_task_request, checkpoint),
    METHOD("Kill", kill_request, kill_container),
    METHOD("Exec", exec_process_request, exec),
    METHOD("ResizePty", resize_pty_request, resize_terminal),
    METHOD("CloseIO", close_iorequest, close_io),
    METHOD("Update", update_task_request, update),
    METHOD("Wait", wait_request, wait_for_end),
    METHOD("Stats", stats_request, stats),
};

static const struct method *find_method(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

/* A field of a request that is a string; "" if it has no such field. */
static const char *get_string(const ProtobufCMessage *request, const char *name)
{
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(request->descriptor, name);
    return field ? *(char *const *)((const char *)request + field->offset) : "";
}

static void dispatch(struct shim *shim, struct ttrpc_call *call, const struct method *method,
                     const ProtobufCMessage *request)
{
    struct container *container = container_find(shim, get_string(request, "id"));
    if (strcmp(method->name, "Create") == 0)
        container_create(shim, call, (const void *)request);
    else if (strcmp(method->name, "Connect") == 0)
        connect_client(shim, call, (const void *)request);
    else if (strcmp(method->name, "Shutdown") == 0)
        shut_down(shim, call);
    else if (!container || (!container->pid && method->handle != wait_for_end))
        call_fail(call, TTRPC_NOT_FOUND, "container %s is not known", get_string(request, "id"));
    else if (*get_string(request, "exec_id") && method->handle != exec)
        call_fail(call, TTRPC_NOT_FOUND, "container %s has no process %s", container->id,
                  get_string(request, "exec_id"));
    else
        method->handle(container, call, request);
}

void service_call(void *context, struct ttrpc_call *call, const char *name, const uint8_t *payload, size_t size)
{
    const struct method *method = find_method(name);
    log_line(LOG_DEBUG, "call %s", name);
    if (!method) {
        call_fail(call, TTRPC_UNIMPLEMENTED, "method %.200s is not known", name);
        return;
    }
    ProtobufCMessage *request = protobuf_c_message_unpack(method->request, NULL, size, payload);
    if (request)
        dispatch(context, call, method, request);
    else
        call_fail(call, TTRPC_INVALID_ARGUMENT, "%s: the request cannot be read", name);
    if (request)
        protobuf_c_message_free_unpacked(request, NULL);
}
