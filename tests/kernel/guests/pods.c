/* What programs of a pod do on the network, by both versions of IP:
 *   serve PORT TEXT      gives TEXT to everybody who connects, until its input ends
 *   answer PORT          sends every datagram back
 *   get ADDRESS PORT     prints what it is given there
 *   ask ADDRESS PORT N   sends a datagram of N bytes, and waits for it to come back */
#include "wasmedge.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

static char bytes[65536];

static void fail(const char *what, uint32_t error)
{
    printf("%s: %s\n", what, strerror((int)error));
    exit(1);
}

static int open_socket(uint32_t family, uint32_t type)
{
    int fd;
    uint32_t error = sock_open(family, type, &fd);
    if (error)
        fail("open", error);
    return fd;
}

static int open_at(uint32_t type, const char *port)
{
    uint8_t any[16] = {0};
    struct address address = {any, sizeof any};
    int fd = open_socket(INET6, type);
    uint32_t error = sock_bind(fd, &address, (uint32_t)atoi(port));
    if (error)
        fail("bind", error);
    return fd;
}

static struct address read_address(const char *text, uint32_t *family)
{
    static uint8_t bytes_of[16];
    *family = strchr(text, ':') ? INET6 : INET4;
    if (inet_pton(*family == INET6 ? AF_INET6 : AF_INET, text, bytes_of) != 1)
        exit(2);
    return (struct address){bytes_of, *family == INET6 ? 16 : 4};
}

static __wasi_subscription_t want_read(int fd)
{
    __wasi_subscription_t wanted = {.userdata = (__wasi_userdata_t)fd};
    wanted.u.tag = __WASI_EVENTTYPE_FD_READ;
    wanted.u.u.fd_read.file_descriptor = (__wasi_fd_t)fd;
    return wanted;
}

static int serve(const char *port, const char *text)
{
    int listener = open_at(STREAM, port), fd;
    uint32_t error = sock_listen(listener, 16);
    if (error)
        fail("listen", error);
    printf("serving\n");
    fflush(stdout);
    __wasi_subscription_t wanted[] = {want_read(listener), want_read(0)};
    __wasi_event_t events[2];
    __wasi_size_t came;
    while (__wasi_poll_oneoff(wanted, events, 2, &came) == 0) {
        for (__wasi_size_t i = 0; i < came; i++)
            if (events[i].userdata == 0 && read(0, bytes, sizeof bytes) == 0) {
                printf("asked to end\n");
                return 0;
            } else if (events[i].userdata != 0 && sock_accept(listener, &fd) == 0) {
                dprintf(fd, "%s", text);
                close(fd);
            }
    }
    return 1;
}

static int get(const char *where, const char *port)
{
    uint32_t family;
    struct address address = read_address(where, &family);
    int fd = open_socket(family, STREAM);
    uint32_t error = sock_connect(fd, &address, (uint32_t)atoi(port));
    if (error)
        fail("connect", error);
    for (ssize_t size; (size = read(fd, bytes, sizeof bytes)) > 0;)
        fwrite(bytes, 1, (size_t)size, stdout);
    return 0;
}

static uint32_t receive(int fd, struct address *from, uint16_t *port)
{
    struct buffer buffer = {bytes, sizeof bytes};
    uint32_t size;
    uint16_t flags;
    uint32_t error = sock_recv_from_v2(fd, &buffer, 1, from, 0, port, &size, &flags);
    if (error)
        fail("receive", error);
    return size;
}

static void send_to(int fd, const struct address *address, uint32_t port, uint32_t size)
{
    struct buffer buffer = {bytes, size};
    uint32_t sent;
    uint32_t error = sock_send_to(fd, &buffer, 1, address, port, 0, &sent);
    if (error)
        fail("send", error);
}

static int answer(const char *port)
{
    int fd = open_at(DGRAM, port);
    uint8_t bytes_of[16];
    struct address from = {bytes_of, sizeof bytes_of};
    uint16_t from_port;
    printf("answering\n");
    fflush(stdout);
    for (;;) {
        uint32_t size = receive(fd, &from, &from_port);
        send_to(fd, &from, from_port, size);
    }
}

static int ask(const char *where, const char *port, const char *size)
{
    uint32_t family;
    struct address address = read_address(where, &family);
    int fd = open_socket(family, DGRAM);
    uint16_t from_port;
    send_to(fd, &address, (uint32_t)atoi(port), (uint32_t)atoi(size));
    printf("%u bytes\n", (unsigned)receive(fd, &address, &from_port));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "serve") == 0)
        return serve(argv[2], argv[3]);
    if (argc == 3 && strcmp(argv[1], "answer") == 0)
        return answer(argv[2]);
    if (argc == 4 && strcmp(argv[1], "get") == 0)
        return get(argv[2], argv[3]);
    if (argc == 5 && strcmp(argv[1], "ask") == 0)
        return ask(argv[2], argv[3], argv[4]);
    return 2;
}
