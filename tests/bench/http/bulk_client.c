/* bulk_client.c: the other side of bulk.c.
 *
 *   bulk_client up|down ADDRESS PORT MEGABYTES
 *
 * Moves that much and prints MB/s. Fails if a byte is missing. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char buffer[256 << 10];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void send_all(int fd, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
        if (sent <= 0)
            fail("bulk_client: sending");
        at += sent;
        size -= (size_t)sent;
    }
}

/* Sends everything; the other side says how much has come. */
static uint64_t move_up(int fd, uint64_t size)
{
    uint64_t arrived = 0;
    send_all(fd, "u", 1);
    for (uint64_t left = size; left > 0; left -= left < sizeof buffer ? left : sizeof buffer)
        send_all(fd, buffer, left < sizeof buffer ? (size_t)left : sizeof buffer);
    shutdown(fd, SHUT_WR);
    if (recv(fd, &arrived, sizeof arrived, MSG_WAITALL) != sizeof arrived)
        fail("bulk_client: the answer");
    return arrived;
}

static uint64_t move_down(int fd, uint64_t size)
{
    uint32_t megabytes = (uint32_t)(size >> 20);
    uint64_t arrived = 0;
    send_all(fd, "d", 1);
    send_all(fd, &megabytes, sizeof megabytes);
    for (ssize_t got; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;)
        arrived += (uint64_t)got;
    return arrived;
}

static double seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[3]))};
    inet_pton(AF_INET, argv[2], &server.sin_addr);
    uint64_t size = strtoull(argv[4], NULL, 10) << 20;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof server) != 0)
        fail("bulk_client: connect");
    double begin = seconds();
    uint64_t arrived = strcmp(argv[1], "up") == 0 ? move_up(fd, size) : move_down(fd, size);
    if (arrived != size) {
        fprintf(stderr, "bulk_client: %lu of %lu bytes arrived\n", (unsigned long)arrived, (unsigned long)size);
        return 1;
    }
    printf("%.0f\n", (double)size / 1e6 / (seconds() - begin));
    return 0;
}
