/* wait.c: waiting for time, stdin and sockets. See wait.h. */
#include "hosts/linux/wait.h"

#include <asm/ioctls.h>
#include <asm/poll.h>
#include <linux/time.h>

#include "hosts/linux/socket.h"
#include "hosts/linux/syscall.h"
#include "wasi/host.h"

#define SECOND 1000000000ull

/* One for each thing that can be in a list: stdin, and the open sockets. */
static struct pollfd first_polls[8];
static struct pollfd *polls = first_polls;
static size_t poll_capacity = sizeof first_polls / sizeof *first_polls;
static size_t poll_count = 1;

bool wait_reserve(void)
{
    if (poll_count == poll_capacity) {
        struct pollfd *more = host_memory_take(2 * poll_capacity * sizeof *polls);
        if (!more)
            return false;
        polls = more;
        poll_capacity *= 2;
    }
    poll_count++;
    return true;
}

void wait_release(void)
{
    poll_count--;
}

static struct timespec time_until(uint64_t deadline)
{
    uint64_t now = host_clock_now(HOST_CLOCK_MONOTONIC);
    uint64_t left = deadline > now ? deadline - now : 0;
    return (struct timespec){.tv_sec = (long)(left / SECOND), .tv_nsec = (long)(left % SECOND)};
}

static int descriptor(const struct host_watch *watch)
{
    return watch->socket ? socket_descriptor(watch->socket) : 0;
}

/* That the peer sends no more ends no waiting for room: it may well read on. */
static short events_wanted(const struct host_watch *watch)
{
    short events = watch->wanted & HOST_READABLE ? POLLIN : 0;
    if (watch->socket && events)
        events |= POLLRDHUP;
    return watch->wanted & HOST_WRITABLE ? events | POLLOUT : events;
}

/* A socket that listens has no bytes, and Linux does not tell how many connections wait: one at least. */
static uint64_t bytes_waiting(const struct host_watch *watch)
{
    int bytes = 0;
    long result = syscall3(__NR_ioctl, descriptor(watch), FIONREAD, (long)&bytes);
    if (result < 0)
        return watch->socket != NULL;
    return bytes > 0 ? (uint64_t)bytes : 0;
}

/* Stdin at its end, or none at all, is readable: the read tells. */
static uint8_t stdin_ready(const struct host_watch *watch)
{
    return watch->bytes ? HOST_READABLE : HOST_READABLE | HOST_END;
}

static uint8_t socket_ready(const struct host_watch *watch, short events)
{
    uint8_t ready = events & POLLIN ? HOST_READABLE : 0;
    if (events & POLLOUT)
        ready |= HOST_WRITABLE;
    if (events & POLLRDHUP)
        ready |= HOST_END | HOST_READABLE;
    if (events & POLLHUP)
        ready |= HOST_HANGUP | watch->wanted;
    if (events & (POLLERR | POLLNVAL))
        ready |= HOST_ERROR | watch->wanted;
    return ready;
}

static void fill_in(struct host_watch *watch, short events)
{
    watch->ready = 0;
    watch->bytes = 0;
    if (!events)
        return;
    if (watch->wanted & HOST_READABLE)
        watch->bytes = bytes_waiting(watch);
    watch->ready = watch->socket ? socket_ready(watch, events) : stdin_ready(watch);
}

void host_wait(uint64_t deadline, struct host_watch *list)
{
    long count = 0;
    for (struct host_watch *watch = list; watch; watch = watch->next)
        polls[count++] = (struct pollfd){.fd = descriptor(watch), .events = events_wanted(watch)};
    struct timespec left;
    long result;
    do { /* a signal that stops and continues the process ends the call early */
        left = time_until(deadline);
        result = syscall6(__NR_ppoll, (long)polls, count, deadline == UINT64_MAX ? 0 : (long)&left, 0, 0, 0);
    } while (result == -EINTR);
    count = 0;
    for (struct host_watch *watch = list; watch; watch = watch->next)
        fill_in(watch, result > 0 ? polls[count++].revents : 0);
}
