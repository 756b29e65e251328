/* task_sandbox.c: what a pod's pause container is elsewhere: a process that does nothing in the pod's namespaces. */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shim/namespaces.h"
#include "shim/sysctls.h"
#include "shim/task_kinds.h"

/* In a process namespace that was made for the pod, its first process has to be in there, which the one that made it
 * is not. */
static pid_t fork_first_process(struct err *err)
{
    pid_t pid = fork();
    if (pid < 0)
        return err_set_errno(err, "the sandbox's process");
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        prctl(PR_SET_NAME, "mewz-pause");
        signal(SIGCHLD, SIG_IGN); /* the namespace's orphans are reaped */
        for (;;)
            pause();
    }
    return pid;
}

/* SIGTERM and SIGINT end it well, as they end the usual pause program. */
static int await_end(const struct task_self *self)
{
    struct task_message message;
    while (task_receive(self->fd, &message)) {
        if (message.kind == TASK_SIGNAL && task_is_harmless(message.value))
            continue;
        if (message.kind == TASK_SIGNAL && (message.value == SIGTERM || message.value == SIGINT))
            return 0;
        if (message.kind == TASK_SIGNAL)
            return 128 + message.value;
        if (message.kind == TASK_START)
            task_send(self->fd, TASK_STARTED, 0, "");
        else
            task_send(self->fd, message.kind == TASK_PAUSE ? TASK_PAUSED : TASK_RESUMED, 0, "");
    }
    return 0;
}

int task_sandbox(struct task_self *self, struct err *err)
{
    pid_t pid = getpid();
    const struct spec_namespace *processes = spec_find_namespace(&self->spec, "pid");
    /* It holds the host's network for ordinary containers of a pod that has it, and does nothing there. */
    bool has_own_network = !namespaces_have_host_network(&self->spec);
    if (task_enter_cgroup(self, err) != 0 || (has_own_network && namespaces_enter_network(&self->spec, err) != 0) ||
        namespaces_enter(&self->spec, err) != 0 || sysctls_set(&self->spec, has_own_network, err) != 0 ||
        namespaces_enter_pid(&self->spec, err) != 0)
        return -1;
    if (processes && !processes->path && (pid = fork_first_process(err)) < 0)
        return -1;
    task_send(self->fd, TASK_READY, pid, "");
    int code = await_end(self);
    if (pid != getpid()) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return code;
}
