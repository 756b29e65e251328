/* Listens on port 7 and then computes for some seconds without a call to the system, twice the same: whatever the
 * network does meanwhile must change nothing in here. */
#include <stdio.h>

#include "wasmedge.h"

enum { PORT = 7, ROUNDS = 100000000 };

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

int main(void)
{
    uint8_t any[4] = {0};
    struct address address = {any, sizeof any};
    int fd;
    if (sock_open(INET4, STREAM, &fd) || sock_bind(fd, &address, PORT) || sock_listen(fd, 8))
        return 1;
    puts("computing");
    fflush(stdout);
    double first = compute(1), second = compute(1);
    puts(first == second ? "the same" : "not the same");
    return first != second;
}
