#include "machine/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the child's end of a channel goes when it is placed must not be where another one still waits, so that none
 * of the new descriptors may have one of the fixed numbers. That also holds when this process has no stdin. */
static int move_up(int *fd)
{
    if (*fd < 0)
        return -1;
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, MACHINE_FD_COUNT);
    close(*fd);
    *fd = moved;
    return moved;
}

static int open_pipe(int *from, int *to)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    *from = ends[0];
    *to = ends[1];
    return 0;
}

static int open_monitor(int *ours, int *theirs)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    *ours = ends[0];
    *theirs = ends[1];
    return 0;
}

/* A file without a name: nothing is left behind, whoever is killed. */
static int open_config(int *theirs, const struct buf *config)
{
    *theirs = memfd_create("mewz-config", MFD_CLOEXEC);
    if (*theirs < 0)
        return -1;
    for (size_t done = 0; done < config->size;) {
        ssize_t wrote = write(*theirs, config->data + done, config->size - done);
        if (wrote < 0)
            return -1;
        done += (size_t)wrote;
    }
    return 0;
}

static int open_channels(struct child *child, const struct buf *config, int tap)
{
    int *ours = child->ours, *theirs = child->theirs;
    if (open_pipe(&theirs[MACHINE_FD_STDIN], &ours[MACHINE_FD_STDIN]) != 0)
        return -1;
    static const enum machine_descriptor outputs[] = {MACHINE_FD_ERRORS, MACHINE_FD_STDOUT, MACHINE_FD_STDERR,
                                                      MACHINE_FD_SERIAL, MACHINE_FD_EXIT};
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        if (open_pipe(&ours[outputs[i]], &theirs[outputs[i]]) != 0)
            return -1;
    theirs[MACHINE_FD_NULL] = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (theirs[MACHINE_FD_NULL] < 0 || open_monitor(&ours[MACHINE_FD_MONITOR], &theirs[MACHINE_FD_MONITOR]) != 0)
        return -1;
    if (tap >= 0 && (theirs[MACHINE_FD_TAP] = fcntl(tap, F_DUPFD_CLOEXEC, MACHINE_FD_COUNT)) < 0)
        return -1;
    return config ? open_config(&theirs[MACHINE_FD_CONFIG], config) : 0;
}

int child_open(struct child *child, const struct buf *config, int tap, struct err *err)
{
    child->pid = 0;
    child->is_alone = false;
    for (int i = 0; i < MACHINE_FD_COUNT; i++)
        child->ours[i] = child->theirs[i] = -1;
    if (open_channels(child, config, tap) != 0)
        return err_set_errno(err, "channels to the machine");
    for (int i = 0; i < MACHINE_FD_COUNT; i++)
        if ((child->ours[i] >= 0 && move_up(&child->ours[i]) < 0) ||
            (child->theirs[i] >= 0 && move_up(&child->theirs[i]) < 0))
            return err_set_errno(err, "channels to the machine");
    return 0;
}

int child_give(struct child *child, int number, int fd, struct err *err)
{
    child->theirs[number] = fd;
    return move_up(&child->theirs[number]) < 0 ? err_set_errno(err, "channels to the machine") : 0;
}

/* Between fork and exec: only system calls. */
static _Noreturn void become(const struct child *child, const char *const arguments[], pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (child->is_alone)
        setpgid(0, 0);
    /* It may have died before the line above. In a process namespace of its own QEMU sees no parent. */
    if (getppid() != parent && getppid() != 0)
        _exit(127);
    for (int i = 0; i < MACHINE_FD_COUNT; i++)
        if (child->theirs[i] >= 0)
            dup2(child->theirs[i], i);
        else
            close(i);
    close_range(MACHINE_FD_COUNT, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    execvp(arguments[0], (char *const *)(uintptr_t)arguments);
    _exit(127);
}

static void close_all(int fds[MACHINE_FD_COUNT])
{
    for (int i = 0; i < MACHINE_FD_COUNT; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
        fds[i] = -1;
    }
}

int child_start(struct child *child, const char *const arguments[], struct err *err)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        return err_set_errno(err, "%s: cannot be started", arguments[0]);
    if (pid == 0)
        become(child, arguments, parent);
    child->pid = pid;

    /* The reading end of the child's stdin stays open here as well: what is written after the child's end is then
     * just lost, instead of a SIGPIPE for this process. */
    int kept = child->theirs[MACHINE_FD_STDIN];
    child->theirs[MACHINE_FD_STDIN] = -1;
    close_all(child->theirs);
    child->theirs[MACHINE_FD_STDIN] = kept;
    return 0;
}

int child_wait(struct child *child)
{
    int status = 0;
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR)
        ;
    child->pid = 0;
    return status;
}

void child_close(struct child *child)
{
    if (child->pid) {
        kill(child->pid, SIGKILL);
        child_wait(child);
    }
    close_all(child->ours);
    close_all(child->theirs);
}
