#include "shim/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ttydefaults.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* --- the relay --- */

enum { MASTER, IN, OUT, FIRST_OTHER };
enum { PATIENCE_MS = 10000 };

static void copy_out(const char *bytes, size_t size)
{
    struct pollfd room = {OUT, POLLOUT, 0};
    while (size > 0 && poll(&room, 1, PATIENCE_MS) > 0) {
        ssize_t wrote = write(OUT, bytes, size);
        if (wrote < 0 && errno != EAGAIN && errno != EINTR)
            return;
        bytes += wrote > 0 ? wrote : 0;
        size -= wrote > 0 ? (size_t)wrote : 0;
    }
}

/* What was typed and the terminal has no room for yet. Output goes on meanwhile: a program that reads nothing shows
 * what it has to, whatever is pasted. */
struct typed {
    char bytes[256];
    size_t size;
    bool has_ended;
};

/* The end of input is told the terminal as a user would tell it. */
static void read_typed(struct typed *typed)
{
    ssize_t got = read(IN, typed->bytes, sizeof typed->bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    typed->has_ended = got <= 0;
    if (got > 0)
        typed->size = (size_t)got;
    else if (got == 0)
        typed->bytes[typed->size++] = CEOF;
}

static void write_typed(struct typed *typed)
{
    ssize_t wrote = write(MASTER, typed->bytes, typed->size);
    if (wrote <= 0)
        return;
    typed->size -= (size_t)wrote;
    memmove(typed->bytes, typed->bytes + wrote, typed->size);
}

/* Copies what the program shows; false when nobody has the terminal open any more. */
static bool copy_shown(void)
{
    char bytes[4096];
    ssize_t got = read(MASTER, bytes, sizeof bytes);
    if (got > 0)
        copy_out(bytes, (size_t)got);
    return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

static _Noreturn void relay_main(int master, int in, int out)
{
    struct typed typed = {.size = 0};
    bool is_open = true;
    int fds[] = {fcntl(master, F_DUPFD_CLOEXEC, FIRST_OTHER), fcntl(in, F_DUPFD_CLOEXEC, FIRST_OTHER),
                 fcntl(out, F_DUPFD_CLOEXEC, FIRST_OTHER)};
    for (int i = 0; i < FIRST_OTHER; i++)
        dup2(fds[i], i);
    close_range(FIRST_OTHER, UINT_MAX, 0);
    setsid(); /* ^C is for the program */
    prctl(PR_SET_NAME, "mewz-terminal");
    prctl(PR_SET_PDEATHSIG, 0); /* it copies what is left, and ends when nobody has the terminal open */
    fcntl(MASTER, F_SETFL, O_RDWR | O_NONBLOCK);
    while (is_open) {
        struct pollfd polls[] = {{MASTER, (short)(POLLIN | (typed.size ? POLLOUT : 0)), 0},
                                 {typed.size || typed.has_ended ? -1 : IN, POLLIN, 0}};
        if (poll(polls, 2, -1) < 0)
            continue;
        if (polls[1].revents)
            read_typed(&typed);
        if (typed.size)
            write_typed(&typed);
        if (polls[0].revents & ~POLLOUT)
            is_open = copy_shown();
    }
    _exit(0);
}

/* --- the task --- */

/* In a machine nothing can be stopped and continued from a terminal. */
static int open_terminal(int *master, int *slave)
{
    struct termios settings;
    if (openpty(master, slave, NULL, NULL, NULL) != 0)
        return -1;
    fcntl(*master, F_SETFD, FD_CLOEXEC);
    tcgetattr(*slave, &settings);
    settings.c_cc[VSUSP] = _POSIX_VDISABLE;
    return tcsetattr(*slave, TCSANOW, &settings);
}

static int become_user(int slave)
{
    for (int i = 0; i < 3; i++)
        if (dup2(slave, i) < 0)
            return -1;
    return ioctl(0, TIOCSCTTY, 0);
}

static int start_relay(const struct streams *streams, int master, pid_t *relay)
{
    int in = open(*streams->in ? streams->in : "/dev/null", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    int out = open(*streams->out ? streams->out : "/dev/null", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    int result = in < 0 || out < 0 ? -1 : 0;
    if (result == 0 && (*relay = fork()) == 0)
        relay_main(master, in, out);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return *relay < 0 ? -1 : result;
}

int terminal_attach(const struct streams *streams, pid_t *relay, struct err *err)
{
    int master, slave;
    if (open_terminal(&master, &slave) != 0)
        return err_set_errno(err, "a terminal");
    int result = start_relay(streams, master, relay) == 0 && become_user(slave) == 0
                     ? 0
                     : err_set_errno(err, "the terminal at %s", streams->out);
    close(master);
    close(slave);
    return result;
}

void terminal_finish(pid_t relay)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    signal(SIGHUP, SIG_IGN); /* with the relay the terminal goes */
    for (int i = 0; i < 3 && null >= 0; i++)
        dup2(null, i);
    while (waitpid(relay, NULL, 0) < 0 && errno == EINTR)
        ;
}
