/* container.h: what the shim knows of each of its containers, and how its state changes. */
#ifndef SHIM_CONTAINER_H
#define SHIM_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "shim.pb-c.h"
#include "shim/cgroup.h"
#include "shim/server.h"
#include "shim/shim.h"
#include "shim/task.h"

struct container_waiter {
    struct ttrpc_call *call;
    struct container_waiter *next;
};

struct container {
    struct shim *shim;
    char *id, *bundle, *rootfs;
    char *in, *out, *err; /* as Create had them */
    bool terminal;
    Containerd__V1__Types__Status status;

    struct task task;
    int stdin_hold; /* see streams_hold_stdin; -1: there is none, or it was closed */
    struct cgroup cgroup;
    uint32_t pid; /* 0: it is still being created */
    uint32_t exit_status;
    struct timespec exited_at;

    struct ttrpc_call *asked; /* the call that the task is at: Create, Start, Pause or Resume; or NULL */
    struct ttrpc_call *deleting;
    struct container_waiter *waiters;
    char failure[1024]; /* the task's last word on why */
    struct container *next;
};

/* The container of that id, which stays the shim's; NULL where there is none. */
struct container *container_find(const struct shim *shim, const char *id);

/* Mounts the root file system and begins the task. Answers the call when it is created, or failed. */
void container_create(struct shim *shim, struct ttrpc_call *call,
                      const Containerd__Task__V2__CreateTaskRequest *request);

/* Asks the task for TASK_START, TASK_PAUSE or TASK_RESUME; answers the call when that has happened. */
void container_ask(struct container *container, struct ttrpc_call *call, enum task_kind kind);

/* Answers the call with the exit status, when the container has ended; and when it is deleted, which one that runs
 * cannot be. One that was never started is killed first. */
void container_wait(struct container *container, struct ttrpc_call *call);
void container_delete(struct container *container, struct ttrpc_call *call);

/* The task's process has ended, with a status of waitpid(2). May free the container. */
void container_ended(struct container *container, int status);

#endif
