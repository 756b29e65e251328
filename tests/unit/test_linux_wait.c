/* The Linux target's waiting, for real sockets: what it is ready for is what was wanted, or it goes on waiting. */
#include "hosts/linux/clock.c"
#include "hosts/linux/wait.c"

#define __timeval_defined 1 /* Linux's header has it, too */
#include "check.h"

enum { AF_UNIX = 1, SOCK_STREAM = 1, SOCK_NONBLOCK = 00004000, SHUT_WR = 1 };

void *host_memory_take(size_t size)
{
    return calloc(1, size);
}

struct pair {
    int ours, theirs;
};

static struct pair make_pair(void)
{
    int numbers[2];
    CHECK(syscall4(__NR_socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, (long)numbers) == 0);
    return (struct pair){numbers[0], numbers[1]};
}

static void close_pair(struct pair pair)
{
    syscall2(__NR_close, pair.ours, 0);
    syscall2(__NR_close, pair.theirs, 0);
}

/* What is ready for `wanted` after 20 milliseconds at most; *early: before they were over. */
static uint8_t wait_for(int number, uint8_t wanted, bool *early)
{
    struct host_watch watch = {.socket = socket_of_descriptor(number), .wanted = wanted};
    uint64_t deadline = host_clock_now(HOST_CLOCK_MONOTONIC) + 20000000;
    host_wait(deadline, &watch);
    *early = host_clock_now(HOST_CLOCK_MONOTONIC) < deadline;
    return watch.ready;
}

/* A peer that sends no more, and reads slowly, is still written to. */
static void test_half_closed(void)
{
    static const char bytes[4096];
    struct pair pair = make_pair();
    bool early;
    CHECK(syscall2(__NR_shutdown, pair.theirs, SHUT_WR) == 0);
    CHECK((wait_for(pair.ours, HOST_WRITABLE, &early) & HOST_WRITABLE) && early);
    while (syscall3(__NR_write, pair.ours, (long)bytes, sizeof bytes) > 0)
        ;
    CHECK(wait_for(pair.ours, HOST_WRITABLE, &early) == 0 && !early);
    CHECK(wait_for(pair.ours, HOST_READABLE, &early) == (HOST_READABLE | HOST_END) && early);
    CHECK(wait_for(pair.ours, HOST_READABLE | HOST_WRITABLE, &early) == (HOST_READABLE | HOST_END) && early);
    close_pair(pair);
}

/* One that is gone ends any waiting. */
static void test_gone(void)
{
    struct pair pair = make_pair();
    bool early;
    syscall2(__NR_close, pair.theirs, 0);
    CHECK((wait_for(pair.ours, HOST_WRITABLE, &early) & (HOST_WRITABLE | HOST_HANGUP)) ==
          (HOST_WRITABLE | HOST_HANGUP));
    CHECK(early);
    CHECK((wait_for(pair.ours, HOST_READABLE, &early) & (HOST_READABLE | HOST_HANGUP)) ==
          (HOST_READABLE | HOST_HANGUP));
    syscall2(__NR_close, pair.ours, 0);
}

int main(void)
{
    test_half_closed();
    test_gone();
    return 0;
}
