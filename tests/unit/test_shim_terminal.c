/* A container's terminal between its FIFOs. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "check.h"
#include "shim/terminal.h"

enum { TYPED = 1 << 20, SHOWN = 8 << 20, PIECE = 4096 };

static char folder[] = "/tmp/mewz-terminal-XXXXXX";
static char in[sizeof folder + 8], out[sizeof folder + 8];

static void write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t wrote = write(fd, bytes, size);
        CHECK(wrote > 0);
        bytes += wrote;
        size -= (size_t)wrote;
    }
}

/* A program that shows much and reads nothing. */
static pid_t start_program(void)
{
    pid_t pid = fork(), relay;
    if (pid != 0)
        return pid;
    struct streams streams = {in, out, ""};
    struct err err = {0};
    struct termios settings;
    char bytes[PIECE];
    memset(bytes, 'o', sizeof bytes);
    setsid();
    if (terminal_attach(&streams, &relay, &err) != 0 || tcgetattr(0, &settings) != 0)
        _exit(1);
    settings.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(0, TCSANOW, &settings);
    for (size_t done = 0; done < SHOWN; done += sizeof bytes)
        write_all(1, bytes, sizeof bytes);
    terminal_finish(relay);
    _exit(0);
}

/* Somebody who pastes more than a terminal has room for. */
static pid_t start_typing(int to)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    for (size_t done = 0; done < TYPED; done += 5)
        write_all(to, "line\n", 5);
    _exit(0);
}

static void test_paste(void)
{
    char bytes[PIECE];
    size_t shown = 0;
    int status, typing = open(in, O_RDWR | O_CLOEXEC), shows = open(out, O_RDWR | O_CLOEXEC);
    CHECK(typing >= 0 && shows >= 0);
    pid_t typist = start_typing(typing), program = start_program();
    while (shown < SHOWN) {
        ssize_t got = read(shows, bytes, sizeof bytes);
        CHECK(got > 0);
        for (ssize_t i = 0; i < got; i++)
            shown += bytes[i] == 'o';
    }
    CHECK(waitpid(program, &status, 0) == program && status == 0);
    kill(typist, SIGKILL);
    waitpid(typist, NULL, 0);
    close(typing);
    close(shows);
}

int main(void)
{
    alarm(60);
    CHECK(mkdtemp(folder));
    snprintf(in, sizeof in, "%s/in", folder);
    snprintf(out, sizeof out, "%s/out", folder);
    CHECK(mkfifo(in, 0600) == 0 && mkfifo(out, 0600) == 0);
    test_paste();
    CHECK(unlink(in) == 0 && unlink(out) == 0 && rmdir(folder) == 0);
    return 0;
}
