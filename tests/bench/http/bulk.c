/* bulk.c: a program that takes or gives as many bytes as it is asked for, to measure bulk transfer.
 *
 * A connection begins with a letter. 'u': the peer sends until it ends its side, and is told the number of bytes, 8
 * bytes in little endian. 'd' and a number of megabytes, 4 bytes: the program sends that many. One at a time. */
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER = 3 }; /* --listen */

static char buffer[256 << 10];

static void take(int fd)
{
    uint64_t total = 0;
    ssize_t got;
    while ((got = read(fd, buffer, sizeof buffer)) > 0)
        total += (uint64_t)got;
    if (got == 0 && write(fd, &total, sizeof total) != sizeof total)
        perror("bulk: the answer");
}

static void give(int fd)
{
    uint32_t megabytes = 0;
    if (read(fd, &megabytes, sizeof megabytes) != sizeof megabytes)
        return;
    for (uint64_t left = (uint64_t)megabytes << 20; left > 0;) {
        ssize_t sent = write(fd, buffer, left < sizeof buffer ? (size_t)left : sizeof buffer);
        if (sent <= 0)
            return;
        left -= (uint64_t)sent;
    }
}

int main(void)
{
    for (;;) {
        char letter = 0;
        int fd = accept(LISTENER, NULL, NULL);
        if (fd < 0) {
            perror("bulk: accept");
            return 1;
        }
        if (read(fd, &letter, 1) == 1 && letter == 'u')
            take(fd);
        else if (letter == 'd')
            give(fd);
        close(fd);
    }
}
