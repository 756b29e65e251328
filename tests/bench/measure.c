/* measure.c: run a command and print four numbers about it: microseconds from exec to its first byte on stdout (or to
 * its end, if it writes none), microseconds to its end, its largest memory in KiB, and the microseconds that processors
 * worked on it; the last two with its children.
 *
 *   measure COMMAND [ARGUMENT...]
 *
 * Fails as the command does. With MEASURE_FIRST set, the command is killed after its first byte. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000ll + time.tv_nsec / 1000;
}

static int64_t microseconds(struct timeval time)
{
    return time.tv_sec * 1000000ll + time.tv_usec;
}

int main(int argc, char **argv)
{
    int pipe_ends[2];
    if (argc < 2 || pipe(pipe_ends) != 0)
        return 2;
    int64_t begin = now(), first = 0;
    pid_t child = fork();
    if (child == 0) {
        dup2(pipe_ends[1], STDOUT_FILENO);
        close(pipe_ends[0]);
        close(pipe_ends[1]);
        execvp(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    close(pipe_ends[1]);
    char bytes[4096];
    while (read(pipe_ends[0], bytes, sizeof bytes) > 0) {
        if (!first)
            first = now() - begin;
        if (getenv("MEASURE_FIRST")) {
            kill(child, SIGKILL);
            break;
        }
    }
    int status;
    struct rusage usage;
    wait4(child, &status, 0, &usage);
    int64_t end = now() - begin;
    int64_t work = microseconds(usage.ru_utime) + microseconds(usage.ru_stime);
    printf("%ld %ld %ld %ld\n", (long)(first ? first : end), (long)end, usage.ru_maxrss, (long)work);
    if (WIFSIGNALED(status))
        return getenv("MEASURE_FIRST") && first ? 0 : 128 + WTERMSIG(status);
    return WEXITSTATUS(status);
}
