#include "shim/task.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machine/machine.h"
#include "shim/log.h"
#include "shim/task_kinds.h"
#include "shim/terminal.h"

/* --- messages --- */

void task_send(int fd, enum task_kind kind, int value, const char *text)
{
    struct task_message message = {.kind = kind, .value = value};
    snprintf(message.text, sizeof message.text, "%s", text);
    send(fd, &message, sizeof message, MSG_NOSIGNAL);
}

bool task_receive(int fd, struct task_message *message)
{
    ssize_t got;
    do {
        got = recv(fd, message, sizeof *message, 0);
    } while (got < 0 && errno == EINTR);
    if (got != sizeof *message)
        return false;
    message->text[sizeof message->text - 1] = 0;
    return true;
}

/* --- in the task's process --- */

int task_enter_cgroup(const struct task_self *self, struct err *err)
{
    if (cgroup_create(&self->cgroup, &self->spec.resources, err) != 0 || cgroup_join(&self->cgroup, getpid(), err) != 0)
        return -1;
    int fd = self->spec.has_oom_score ? open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC) : -1;
    /* Lowering it takes a right that this machine may not give; being killed sooner than asked for is no failure. */
    if (fd >= 0) {
        dprintf(fd, "%d", self->spec.oom_score);
        close(fd);
    }
    return 0;
}

bool task_is_harmless(int signal)
{
    return signal == SIGCHLD || signal == SIGURG || signal == SIGWINCH || signal == SIGCONT || signal == 0;
}

static int run_program(struct task_self *self, struct err *err)
{
    struct program program;
    int result = program_find(&program, &self->spec, self->options->bundle, err);
    if (result == 0)
        result = program.kind == PROGRAM_LINUX ? task_linux(self, err) : task_machine(self, &program, err);
    program_close(&program);
    return result;
}

static int run(const struct task_options *options, int fd, struct err *err)
{
    struct task_self self = {.options = options, .fd = fd};
    if (spec_read(&self.spec, options->bundle, err) != 0)
        return -1;
    cgroup_init(&self.cgroup, CGROUP_ROOT, self.spec.cgroups_path);
    int result = spec_is_sandbox(&self.spec) ? task_sandbox(&self, err) : run_program(&self, err);
    cgroup_fini(&self.cgroup);
    spec_free(&self.spec);
    return result;
}

static int run_with_terminal(const struct task_options *options, int fd, struct err *err)
{
    pid_t relay = -1;
    signal(SIGINT, SIG_DFL); /* what is typed ends the task, and the machine with it */
    int code = terminal_attach(&options->streams, &relay, err);
    if (code == 0)
        code = run(options, fd, err);
    terminal_finish(relay);
    return code;
}

static int run_with_streams(const struct task_options *options, int fd, struct err *err)
{
    if (options->terminal)
        return run_with_terminal(options, fd, err);
    if (streams_attach(&options->streams, options->id, options->namespace, err) != 0)
        return -1;
    return run(options, fd, err);
}

/* The shim's signals, descriptors and session are not the task's. */
static int leave_shim(int fd)
{
    enum { CONTROL = 3, FIRST_OTHER };
    sigset_t none;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "mewz-task");
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
    dup2(fd, CONTROL);
    fcntl(CONTROL, F_SETFD, FD_CLOEXEC);
    close_range(FIRST_OTHER, UINT_MAX, 0);
    log_close();
    return CONTROL;
}

static _Noreturn void task_main(const struct task_options *options, int fd, pid_t shim)
{
    struct err err = {0};
    fd = leave_shim(fd);
    if (getppid() != shim) /* it died before it would have told */
        exit(EXIT_FAILED);
    int code = run_with_streams(options, fd, &err);
    if (code < 0)
        task_send(fd, TASK_FAILED, 0, err.text);
    exit(code < 0 ? EXIT_FAILED : code);
}

/* --- in the shim's --- */

int task_fork(struct task *task, const struct task_options *options, struct err *err)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return err_set_errno(err, "%s", options->id);
    pid_t shim = getpid();
    task->pid = fork();
    if (task->pid == 0)
        task_main(options, ends[1], shim);
    close(ends[1]);
    task->fd = ends[0];
    if (task->pid < 0) {
        err_set_errno(err, "%s: no process can be made", options->id);
        close(ends[0]);
        return -1;
    }
    return 0;
}
