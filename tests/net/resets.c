/* resets.c: clients that reset their connection to a server of files at every point.
 *
 *   resets ADDRESS PORT PATH STEP
 *
 * Once for each number of bytes of the request that have been sent, then for each STEP bytes of the answer that have
 * been read. The reset is TCP's own (SO_LINGER). */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in server = {.sin_family = AF_INET};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Returns false when the answer had fewer bytes. */
static bool reset_at(const char *request, size_t sent, size_t read_size)
{
    static char bytes[65536];
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&server, sizeof server) != 0)
        fail("resets: connect");
    if (sent && send(fd, request, sent, MSG_NOSIGNAL) != (ssize_t)sent)
        fail("resets: send");
    bool enough = true;
    while (read_size > 0 && enough) {
        ssize_t got = recv(fd, bytes, read_size < sizeof bytes ? read_size : sizeof bytes, 0);
        enough = got > 0;
        read_size -= got > 0 ? (size_t)got : 0;
    }
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
    return enough;
}

int main(int argc, char **argv)
{
    char request[256];
    if (argc != 5 || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1)
        return 2;
    server.sin_port = htons((uint16_t)atoi(argv[2]));
    size_t size = (size_t)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nConnection: close\r\n\r\n", argv[3]);
    size_t step = strtoul(argv[4], NULL, 10), count = 0;
    for (size_t sent = 0; sent <= size; sent++, count++)
        reset_at(request, sent, 0);
    for (size_t at = step; reset_at(request, size, at); at += step)
        count++;
    printf("%zu\n", count);
    return 0;
}
