/* Says what the program sees of its surroundings: arguments, environment, clocks, random bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static long long now(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void print_random(void)
{
    unsigned char bytes[16];
    getentropy(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        printf("%02x", bytes[i]);
    printf("\n");
}

/* Time of the processor goes on while the program computes, here for 100 ms, and stands while it sleeps. */
static int check_processor(clockid_t clock)
{
    long long moment = now(CLOCK_MONOTONIC), begin = now(clock);
    while (now(clock) - begin < 100000000)
        if (now(CLOCK_MONOTONIC) - moment > 60000000000)
            return 1;
    if (now(CLOCK_MONOTONIC) - moment < 100000000)
        return 2; /* more than there was */
    long long slept = now(clock);
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    return now(clock) - slept < 250000000 ? 0 : 3;
}

/* The monotonic clock never goes back and does not stand still. */
static int check_monotonic(void)
{
    long long begin = now(CLOCK_MONOTONIC), last = begin;
    for (int i = 0; i < 20000; i++) {
        long long time = now(CLOCK_MONOTONIC);
        if (time < last)
            return 1;
        last = time;
    }
    return last == begin;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "arguments") == 0)
        for (int i = 0; i < argc; i++)
            printf("%d=%s\n", i, argv[i]);
    else if (strcmp(what, "environment") == 0)
        for (char **variable = environ; *variable; variable++)
            puts(*variable);
    else if (strcmp(what, "random") == 0)
        print_random();
    else if (strcmp(what, "realtime") == 0)
        printf("%lld\n", now(CLOCK_REALTIME) / 1000000000);
    else if (strcmp(what, "monotonic") == 0)
        return check_monotonic();
    else if (strcmp(what, "processor") == 0)
        return check_processor(CLOCK_PROCESS_CPUTIME_ID) + 10 * check_processor(CLOCK_THREAD_CPUTIME_ID);
    else if (strcmp(what, "sleep") == 0) { /* MILLISECONDS; prints how long it was */
        struct timespec time = {.tv_sec = atoi(argv[2]) / 1000, .tv_nsec = atoi(argv[2]) % 1000 * 1000000l};
        long long begin = now(CLOCK_MONOTONIC);
        nanosleep(&time, NULL);
        printf("%lld\n", (now(CLOCK_MONOTONIC) - begin) / 1000000);
    }
    return 0;
}
