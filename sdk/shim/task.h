/* task.h: a container's task: a process of its own, forked off the shim, that does everything that takes long or that
 * belongs to one container only: it finds and builds the program, enters control group and namespaces, sets the
 * network up, gives its rights away, and then looks after the machine (or the ordinary container, or nothing, for a
 * pod's sandbox). Its exit code is the container's. It dies with the shim.
 *
 * Both sides talk over a socket, in messages. */
#ifndef SHIM_TASK_H
#define SHIM_TASK_H

#include <sys/types.h>

#include "base/err.h"
#include "shim/streams.h"

enum task_kind {
    /* from the shim */
    TASK_START,
    TASK_SIGNAL, /* value: its number */
    TASK_PAUSE,
    TASK_RESUME,

    /* to the shim, each but the last two once, in answer to the fork or to the request above */
    TASK_READY, /* created; value: the process that stands for the container */
    TASK_STARTED,
    TASK_PAUSED,
    TASK_RESUMED,
    TASK_FAILED, /* text: why what was asked for did not happen; the task ends if it was to be created or started */
    TASK_NOTICE, /* text: for the log */
};

struct task_message {
    enum task_kind kind;
    int value;
    char text[1024];
};

struct task_options {
    const char *id, *namespace, *bundle;
    struct streams streams;
    bool terminal;
};

struct task {
    pid_t pid;
    int fd; /* the shim's end */
};

/* Forks a container's task; its process returns from nowhere. The caller watches task->fd and closes it. */
int task_fork(struct task *task, const struct task_options *options, struct err *err);

/* These work on either end. A message that cannot be sent is for somebody who has gone; receiving is false then. */
void task_send(int fd, enum task_kind kind, int value, const char *text);
bool task_receive(int fd, struct task_message *message);

#endif
