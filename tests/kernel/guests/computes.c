/* computes [SECONDS [COUNT]]: listens on port 7 and then computes for so long, at least twice and always the same,
 * without a call that would let the network go on: whatever it does meanwhile must change nothing in here. Then sends
 * COUNT connections back what they have sent. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "wasmedge.h"

enum { PORT = 7, BACKLOG = 8, ROUNDS = 50000000, DATA_MAX = 1 << 20 };

/* Keeps general and vector registers full. */
static __attribute__((noinline)) double compute(uint64_t seed)
{
    double sums[4] = {1, 2, 3, 4};
    uint64_t state = seed;
    for (int i = 0; i < ROUNDS; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        for (int k = 0; k < 4; k++)
            sums[k] = sums[k] * 0.5 + (double)(state >> (k + 40));
    }
    return sums[0] + sums[1] + sums[2] + sums[3];
}

static int open_listener(void)
{
    uint8_t any[4] = {0};
    struct address address = {any, sizeof any};
    int fd;
    if (sock_open(INET4, STREAM, &fd) || sock_bind(fd, &address, PORT) || sock_listen(fd, BACKLOG))
        exit(1);
    return fd;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void echo(int fd)
{
    static char data[DATA_MAX];
    ssize_t size = 0, got;
    while ((got = read(fd, data + size, sizeof data - (size_t)size)) > 0)
        size += got;
    if (got < 0 || write(fd, data, (size_t)size) != size)
        perror("echo");
    close(fd);
}

int main(int argc, char **argv)
{
    double end = seconds() + (argc > 1 ? atof(argv[1]) : 0);
    int listener = open_listener(), fd;
    puts("computing");
    fflush(stdout);
    double first = compute(1);
    do
        if (compute(1) != first) {
            puts("not the same");
            return 1;
        }
    while (seconds() < end);
    puts("the same");
    fflush(stdout);
    for (int i = argc > 2 ? atoi(argv[2]) : 0; i > 0; i--) {
        uint32_t error = sock_accept(listener, &fd);
        if (error) {
            printf("accept: error %u\n", (unsigned)error);
            return 1;
        }
        echo(fd);
    }
    return 0;
}
