#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/text.h"

static bool print_commands;

void proc_print_commands(void)
{
    print_commands = true;
}

void proc_print_command(const char *const argv[])
{
    for (int i = 0; argv[i]; i++) {
        if (i > 0)
            fputc(' ', stderr);
        text_print_word(argv[i], stderr);
    }
    fputc('\n', stderr);
}

/* --- starting --- */

struct pipes {
    int out[2];
    int err[2];
};

static void close_pair(int pair[2])
{
    for (int i = 0; i < 2; i++)
        if (pair[i] >= 0)
            close(pair[i]);
}

static int spawn(const char *const argv[], struct pipes *pipes, pid_t *child)
{
    /* A tool gets no stdin, and the signals as this process was given them, not as it handles them. */
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, pipes->out[1], 1);
    posix_spawn_file_actions_adddup2(&actions, pipes->err[1], 2);
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int result = posix_spawnp(child, argv[0], &actions, &attributes, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return result;
}

/* A signal that comes before the child is known would end this process and leave the child. */
static int spawn_known(const char *const argv[], struct pipes *pipes, pid_t *child)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int result = spawn(argv, pipes, child);
    if (result == 0)
        cleanup_add_child(*child);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return result;
}

/* --- listening --- */

static bool read_some(struct pollfd *poll, struct buf *buf)
{
    char bytes[4096];
    ssize_t got = read(poll->fd, bytes, sizeof bytes);
    if (got > 0 && buf)
        buf_append(buf, bytes, (size_t)got);
    return got > 0 || (got < 0 && errno == EINTR);
}

/* Reads both streams to their ends, together, since a child that writes into a full pipe would wait for ever. */
static void collect(const struct pipes *pipes, struct buf *output, struct buf *errors)
{
    struct pollfd polls[2] = {{.fd = pipes->out[0], .events = POLLIN}, {.fd = pipes->err[0], .events = POLLIN}};
    struct buf *bufs[2] = {output, errors};
    while (polls[0].fd >= 0 || polls[1].fd >= 0) {
        if (poll(polls, 2, -1) < 0 && errno != EINTR)
            return;
        for (int i = 0; i < 2; i++)
            if (polls[i].fd >= 0 && polls[i].revents && !read_some(&polls[i], bufs[i]))
                polls[i].fd = -1;
    }
}

/* The line that says why: the first one with "error" in it, since tools warn and announce before that, or else the
 * first one. */
static const char *find_reason(char *text)
{
    const char *first = "";
    for (char *rest, *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strcasestr(line, "error"))
            return line;
        if (!*first)
            first = line;
    }
    return first;
}

static int report(const char *program, int status, struct buf *errors, struct err *err)
{
    buf_byte(errors, 0);
    const char *line = find_reason((char *)errors->data);
    if (WIFSIGNALED(status))
        return err_set(err, "%s: ended by signal %d (%s)", program, WTERMSIG(status), strsignal(WTERMSIG(status)));
    if (!*line)
        return err_set(err, "%s: failed with exit status %d", program, WEXITSTATUS(status));
    if (strncmp(line, program, strlen(program)) == 0)
        return err_set(err, "%s", line);
    return err_set(err, "%s: %s", program, line);
}

/* Returns how the child ended, as waitpid(2) has it. */
static int wait_child(pid_t child)
{
    siginfo_t ended;
    int status = 0;
    while (waitid(P_PID, (id_t)child, &ended, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        ;
    cleanup_forget_child(child);
    waitpid(child, &status, 0);
    return status;
}

static int run(const char *const argv[], const char *package, struct pipes *pipes, struct buf *output, struct err *err)
{
    if (pipe2(pipes->out, O_CLOEXEC) != 0 || pipe2(pipes->err, O_CLOEXEC) != 0)
        return err_set_errno(err, "%s", argv[0]);
    pid_t child;
    int failure = spawn_known(argv, pipes, &child);
    if (failure == ENOENT)
        return err_set(err, "%s: not found on PATH: apt-get install %s", argv[0], package);
    if (failure != 0) {
        errno = failure;
        return err_set_errno(err, "%s: cannot be run", argv[0]);
    }
    close(pipes->out[1]);
    close(pipes->err[1]);
    pipes->out[1] = pipes->err[1] = -1;

    struct buf errors = {0};
    collect(pipes, output, &errors);
    int status = wait_child(child);
    int result = status == 0 ? 0 : report(argv[0], status, &errors, err);
    buf_free(&errors);
    return result;
}

int proc_run(const char *const argv[], const char *package, struct buf *output, struct err *err)
{
    if (print_commands)
        proc_print_command(argv);
    struct pipes pipes = {{-1, -1}, {-1, -1}};
    int result = run(argv, package, &pipes, output, err);
    close_pair(pipes.out);
    close_pair(pipes.err);
    return result;
}

/* --- finding --- */

bool proc_found(const char *program)
{
    const char *path = getenv("PATH");
    for (path = path ? path : "/bin:/usr/bin"; *path;) {
        size_t length = strcspn(path, ":");
        char candidate[PATH_MAX];
        int size = snprintf(candidate, sizeof candidate, "%.*s/%s", (int)length, path, program);
        if (size < (int)sizeof candidate && access(candidate, X_OK) == 0)
            return true;
        path += length + (path[length] == ':');
    }
    return false;
}

char *sdk_file(const char *relative, struct err *err)
{
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    if (size < 0) {
        err_set_errno(err, "/proc/self/exe");
        return NULL;
    }
    self[size] = 0;
    for (int i = 0; i < 2; i++) { /* PREFIX/bin/mewz-cc -> PREFIX */
        char *slash = strrchr(self, '/');
        if (slash)
            *slash = 0;
    }
    size_t length = strlen(self) + strlen(relative) + 2;
    char *path = memory_alloc(length);
    snprintf(path, length, "%s/%s", self, relative);
    if (access(path, R_OK) != 0) {
        err_set_errno(err, "%s: the SDK lacks this file (build or install it again)", path);
        free(path);
        return NULL;
    }
    return path;
}
