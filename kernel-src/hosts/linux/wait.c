/* wait.c: waiting for time and for stdin. */
#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/time.h>

#include "hosts/linux/syscall.h"
#include "wasi/host.h"

#define SECOND 1000000000ull

static struct timespec time_until(uint64_t deadline)
{
    uint64_t now = host_clock_now(HOST_CLOCK_MONOTONIC);
    uint64_t left = deadline > now ? deadline - now : 0;
    return (struct timespec){.tv_sec = (long)(left / SECOND), .tv_nsec = (long)(left % SECOND)};
}

static uint64_t bytes_waiting(void)
{
    int bytes = 0;
    return syscall3(__NR_ioctl, 0, FIONREAD, (long)&bytes) == 0 && bytes > 0 ? (uint64_t)bytes : 0;
}

void host_wait(uint64_t deadline, bool want_stdin, bool *stdin_ready, uint64_t *stdin_bytes)
{
    struct pollfd poll = {.fd = 0, .events = POLLIN};
    struct timespec left;
    long result;
    do { /* a signal that stops and continues the process ends the call early */
        left = time_until(deadline);
        result = syscall6(__NR_ppoll, (long)&poll, want_stdin, deadline == UINT64_MAX ? 0 : (long)&left, 0, 0, 0);
    } while (result == -EINTR);
    *stdin_ready = result > 0; /* data, its end, or a stream that is not there: a read tells which */
    *stdin_bytes = *stdin_ready ? bytes_waiting() : 0;
}
