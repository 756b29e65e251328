/* relay.c: a bad network between two tap devices of a namespace.
 *
 *   relay OUTER INNER
 *
 * OUTER is made here, and this machine's own stack is to have an address on it. INNER exists already, and a virtual
 * machine is behind it. In both directions 2 % of the frames are lost, 1 % come twice, 1 % with a bit that is wrong,
 * and each is held for up to 4 ms, so that they overtake each other. Runs until it is killed; says "ready" when it
 * works. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_MAX = 1600, HELD_MAX = 4096, DELAY_MAX = 4000000 /* ns */ };

struct held {
    uint64_t due; /* 0: free */
    int to;
    size_t size;
    uint8_t bytes[FRAME_MAX];
};

static struct held held[HELD_MAX];
static uint64_t state = 88172645463325252ull;

static uint32_t below(uint32_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % limit;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int open_tap(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0)
        fail("relay: the outer device");
    return fd;
}

static int open_packets(const char *name)
{
    struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)if_nametoindex(name)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0)
        fail("relay: the inner device");
    return fd;
}

/* A frame that has no place any more is lost, too. */
static void hold(const uint8_t *bytes, size_t size, int to)
{
    for (unsigned i = 0; i < HELD_MAX; i++) {
        if (held[i].due)
            continue;
        held[i].due = now() + below(DELAY_MAX);
        held[i].to = to;
        held[i].size = size;
        memcpy(held[i].bytes, bytes, size);
        if (below(100) == 0)
            held[i].bytes[14 + below((uint32_t)size - 14)] ^= (uint8_t)(1u << below(8));
        return;
    }
}

static void take(const uint8_t *bytes, size_t size, int to)
{
    if (size <= 14 || below(100) < 2)
        return;
    hold(bytes, size, to);
    if (below(100) == 0)
        hold(bytes, size, to);
}

/* Passes on what is due; when the next one will be. */
static uint64_t pass_on(void)
{
    uint64_t time = now(), next = UINT64_MAX;
    for (unsigned i = 0; i < HELD_MAX; i++) {
        if (!held[i].due)
            continue;
        if (held[i].due > time) {
            next = held[i].due < next ? held[i].due : next;
            continue;
        }
        ssize_t written = write(held[i].to, held[i].bytes, held[i].size);
        (void)written; /* a full queue loses it */
        held[i].due = 0;
    }
    return next;
}

int main(int argc, char **argv)
{
    static uint8_t bytes[65536];
    if (argc != 3)
        return 2;
    int outer = open_tap(argv[1]), inner = open_packets(argv[2]);
    puts("ready");
    fflush(stdout);
    for (;;) {
        uint64_t next = pass_on(), time = now();
        struct timespec wait = {0, next > time ? (long)(next - time) : 0};
        struct pollfd polls[] = {{outer, POLLIN, 0}, {inner, POLLIN, 0}};
        if (ppoll(polls, 2, next == UINT64_MAX ? NULL : &wait, NULL) < 0)
            fail("relay: ppoll");
        if (polls[0].revents) {
            ssize_t size = read(outer, bytes, sizeof bytes);
            if (size > 0 && size <= FRAME_MAX)
                take(bytes, (size_t)size, inner);
        }
        if (polls[1].revents) {
            struct sockaddr_ll from;
            socklen_t length = sizeof from;
            ssize_t size = recvfrom(inner, bytes, sizeof bytes, 0, (struct sockaddr *)&from, &length);
            if (size > 0 && size <= FRAME_MAX && from.sll_pkttype != PACKET_OUTGOING)
                take(bytes, (size_t)size, outer);
        }
    }
}
