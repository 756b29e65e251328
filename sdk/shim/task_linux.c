/* task_linux.c: an ordinary container, by whichever OCI runtime is there: side-cars in a pod are seldom modules. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/proc.h"
#include "shim/runtime.h"
#include "shim/task_kinds.h"

struct container {
    struct task_self *self;
    struct runtime runtime;
    pid_t pid; /* the container's first process */
};

/* Whether a request was carried out; tells the shim. */
static void answer(const struct container *container, enum task_kind done, int result, const struct err *err)
{
    task_send(container->self->fd, result == 0 ? done : TASK_FAILED, 0, err->text);
}

static void start(const struct container *container)
{
    struct err err = {0};
    int result = runtime_do(&container->runtime, "start", &err);
    answer(container, TASK_STARTED, result, &err);
    if (result != 0)
        kill(container->pid, SIGKILL);
}

/* False when the shim has gone. */
static bool obey(const struct container *container)
{
    struct task_message message;
    struct err err = {0};
    if (!task_receive(container->self->fd, &message))
        return false;
    if (message.kind == TASK_START)
        start(container);
    else if (message.kind == TASK_SIGNAL)
        kill(container->pid, message.value);
    else if (message.kind == TASK_PAUSE)
        answer(container, TASK_PAUSED, runtime_do(&container->runtime, "pause", &err), &err);
    else
        answer(container, TASK_RESUMED, runtime_do(&container->runtime, "resume", &err), &err);
    return true;
}

/* Reaps what has ended; true if the container's first process is among it. */
static bool reap(const struct container *container, int *status)
{
    int one;
    pid_t pid;
    while ((pid = waitpid(-1, &one, WNOHANG)) > 0) {
        if (pid != container->pid)
            continue;
        *status = one;
        return true;
    }
    return false;
}

static int await_end(const struct container *container, int children)
{
    struct pollfd polls[] = {{container->self->fd, POLLIN, 0}, {children, POLLIN, 0}};
    struct signalfd_siginfo ignored;
    int status = 0;
    while (!reap(container, &status)) {
        if (poll(polls, 2, -1) < 0)
            continue;
        if (polls[1].revents)
            (void)!read(children, &ignored, sizeof ignored);
        if (polls[0].revents && !obey(container)) {
            kill(container->pid, SIGKILL);
            polls[0].fd = -1;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int task_linux(struct task_self *self, struct err *err)
{
    const struct task_options *options = self->options;
    struct container container = {.self = self};
    sigset_t child;
    if (options->terminal)
        return err_set(err, "%s: a terminal is only for programs in machines", options->id);
    if (runtime_open(&container.runtime, options->namespace, options->id, err) != 0)
        return -1;
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* the container's first process becomes a child of this one */
    int code = runtime_create(&container.runtime, options->bundle, &container.pid, err);
    if (code == 0) {
        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        sigprocmask(SIG_BLOCK, &child, NULL);
        int children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
        task_send(self->fd, TASK_READY, container.pid, "");
        code = await_end(&container, children);
        close(children);
        struct err ignored = {0};
        runtime_delete(&container.runtime, &ignored);
    }
    runtime_close(&container.runtime);
    return code;
}
