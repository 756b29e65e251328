/* The Linux target's sockets, over the loopback interface. */
#include "hosts/linux/clock.c"
#include "hosts/linux/error.c"
#include "hosts/linux/socket.c"
#include "hosts/linux/wait.c"

#define __timeval_defined 1 /* Linux's header has it, too */
#include "check.h"

void *host_memory_take(size_t size)
{
    return calloc(1, size);
}

static void wait_for(struct host_socket *socket, uint8_t wanted)
{
    struct host_watch watch = {.socket = socket, .wanted = wanted};
    host_wait(host_clock_now(HOST_CLOCK_MONOTONIC) + 60000000000, &watch);
    CHECK(watch.ready & wanted);
}

/* What a peer sent before the connection ended on both sides can be received, also by who asks where it is from. */
static void test_receive_from_ended(void)
{
    struct host_address address = {.family = HOST_IPV4, .bytes = {127, 0, 0, 1}};
    struct host_socket *listener, *client, *server;
    CHECK(host_socket_open(HOST_IPV4, HOST_TCP, &listener) == 0 && host_socket_bind(listener, &address) == 0);
    CHECK(host_socket_listen(listener, 1) == 0 && host_socket_local(listener, &address) == 0);
    CHECK(host_socket_open(HOST_IPV4, HOST_TCP, &client) == 0);
    CHECK(host_socket_connect(client, &address) == WASI_EINPROGRESS);
    wait_for(listener, HOST_READABLE);
    CHECK(host_socket_accept(listener, &server) == 0);
    wait_for(client, HOST_WRITABLE);
    CHECK(host_socket_shutdown(client, HOST_SHUT_WRITE) == 0);
    wait_for(server, HOST_READABLE);
    char bytes[8] = "data";
    struct host_slice slice = {bytes, 4};
    size_t sent;
    CHECK(host_socket_send(server, &slice, 1, NULL, &sent) == 0 && sent == 4);
    host_socket_close(server);
    struct host_watch watch = {.socket = client, .wanted = HOST_READABLE};
    do
        host_wait(host_clock_now(HOST_CLOCK_MONOTONIC) + 1000000, &watch);
    while (!(watch.ready & HOST_HANGUP));
    struct host_address from = {0};
    struct host_received received = {.from = &from};
    CHECK(host_socket_receive(client, &slice, 1, false, &received) == 0 && received.size == 4);
    CHECK(host_socket_receive(client, &slice, 1, false, &received) == 0 && received.size == 0);
    host_socket_close(client);
    host_socket_close(listener);
}

int main(void)
{
    test_receive_from_ended();
    return 0;
}
