/* The line that says how far a compilation is: on terminals only, and only of long ones. */
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cc/progress.h"
#include "check.h"

static int terminal;

/* What has come out of the terminal since. */
static const char *shown(void)
{
    static char text[256];
    ssize_t size = read(terminal, text, sizeof text - 1);
    text[size > 0 ? size : 0] = 0;
    return text;
}

int main(void)
{
    int saved = dup(STDERR_FILENO), pipe_ends[2];
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    CHECK(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    CHECK(end >= 0 && fcntl(terminal, F_SETFL, O_NONBLOCK) == 0);
    setenv("TERM", "xterm", 1);

    dup2(end, STDERR_FILENO);
    progress_show(1, 4, 1.9);
    bool is_quiet = *shown() == 0;
    progress_show(3, 4, 2.5);
    bool is_shown = strstr(shown(), "75%") != NULL;
    progress_show(4, 4, 3.0);
    bool is_removed = strcmp(shown(), "\r\033[K") == 0;
    setenv("TERM", "dumb", 1);
    progress_show(3, 4, 2.5);
    is_quiet &= *shown() == 0;
    setenv("TERM", "xterm", 1);
    CHECK(pipe(pipe_ends) == 0);
    fcntl(pipe_ends[0], F_SETFL, O_NONBLOCK);
    dup2(pipe_ends[1], STDERR_FILENO);
    progress_show(3, 4, 2.5);
    char byte;
    is_quiet &= read(pipe_ends[0], &byte, 1) < 0;
    dup2(saved, STDERR_FILENO);

    CHECK(is_quiet);
    CHECK(is_shown);
    CHECK(is_removed);
    return 0;
}
