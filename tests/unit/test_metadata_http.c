/* Responses in pieces of any size, cut off anywhere, and with bytes that mean harm, under the sanitizers. */
#include "metadata/http.c"
#include "rt/format.c"

#include <stdlib.h>
#include <string.h>

#include "check.h"

/* --- a server that has one thing to say --- */

static struct {
    const char *bytes;
    size_t size, done, piece;
    char request[1024];
    size_t request_size;
    bool silent; /* in place of the end */
    int open;
} server;

uint32_t host_socket_open(enum host_family family, enum host_protocol protocol, struct host_socket **socket)
{
    CHECK(family == HOST_IPV4 && protocol == HOST_TCP);
    *socket = (struct host_socket *)&server;
    server.open++;
    return 0;
}

void host_socket_close(struct host_socket *socket)
{
    CHECK(socket == (struct host_socket *)&server);
    server.open--;
}

uint32_t host_socket_connect(struct host_socket *socket, const struct host_address *address)
{
    (void)socket, (void)address;
    return WASI_EINPROGRESS;
}

uint32_t host_socket_error(struct host_socket *socket)
{
    (void)socket;
    return 0;
}

/* A byte at a time. */
uint32_t host_socket_send(struct host_socket *socket, const struct host_slice *slices, size_t count,
                          const struct host_address *to, size_t *sent)
{
    (void)socket, (void)count, (void)to;
    CHECK(server.request_size + 1 < sizeof server.request);
    server.request[server.request_size++] = *(const char *)slices->data;
    *sent = 1;
    return 0;
}

uint32_t host_socket_receive(struct host_socket *socket, const struct host_slice *slices, size_t count, bool peek,
                             struct host_received *received)
{
    (void)socket, (void)count, (void)peek;
    size_t left = server.size - server.done;
    size_t size = left < server.piece ? left : server.piece;
    size = size < slices->size ? size : slices->size;
    if (size == 0 && server.silent)
        return WASI_EAGAIN;
    memcpy(slices->data, server.bytes + server.done, size);
    server.done += size;
    received->size = size;
    return 0;
}

/* Never in vain, but for a server that is silent. */
void host_wait(uint64_t deadline, struct host_watch *list)
{
    (void)deadline;
    list->ready = list->wanted == HOST_READABLE && server.done == server.size && server.silent ? 0 : list->wanted;
}

/* --- */

static enum http_outcome ask(const char *bytes, size_t size, size_t piece, bool silent, struct http_response *response)
{
    const struct http_request question = {.method = "GET", .path = "/name", .headers = "A: b\r\n"};
    memset(&server, 0, sizeof server);
    server.bytes = bytes;
    server.size = size;
    server.piece = piece;
    server.silent = silent;
    *response = (struct http_response){0};
    enum http_outcome outcome = http_ask(&question, response);
    CHECK(server.open == 0);
    CHECK(strcmp(server.request, "GET /name HTTP/1.0\r\nHost: 169.254.169.254\r\nA: b\r\n\r\n") == 0);
    return outcome;
}

static bool answers(const char *text, bool silent, unsigned status, const char *body)
{
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        struct http_response response;
        if (ask(text, strlen(text), piece, silent, &response) != HTTP_ANSWERED || response.status != status ||
            response.size != strlen(body) || strcmp(response.body, body) != 0)
            return false;
    }
    return true;
}

static bool is_bad(const char *text, bool silent)
{
    struct http_response response;
    return ask(text, strlen(text), 7, silent, &response) == HTTP_BAD;
}

static void test_whole_ones(void)
{
    CHECK(answers("HTTP/1.1 200 OK\r\n\r\nbody", false, 200, "body"));
    CHECK(answers("HTTP/1.0 404 Not Found\r\nX: y\r\n\r\n", false, 404, ""));
    CHECK(answers("HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh: 4\r\n\r\nbody", true, 200, "body"));
    CHECK(answers("HTTP/1.1 200 OK\r\nContent-Length:0\r\n\r\n", true, 200, ""));
}

static void test_bad_ones(void)
{
    CHECK(is_bad("", false));
    CHECK(is_bad("\r\n\r\n", false));
    CHECK(is_bad("HTTP/1.1 200 OK\r\n", false));
    CHECK(is_bad("HTTP/1.1 OK\r\n\r\n", false));
    CHECK(is_bad("HTTP/1.1 20000 OK\r\n\r\n", false));
    CHECK(is_bad("X HTTP/1.1 200 OK\r\n\r\n", false));
    CHECK(is_bad("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody", false));
    CHECK(is_bad("HTTP/1.1 200 OK\r\n\r\nbody", true));
}

static void test_sizes(void)
{
    static char bytes[2 * HTTP_RESPONSE_MAX];
    struct http_response response;
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, "HTTP/1.1 200 OK\r\n\r\n", 19);
    CHECK(ask(bytes, sizeof bytes, 1460, false, &response) == HTTP_BAD);
    CHECK(ask(bytes, HTTP_RESPONSE_MAX - 1, 1460, false, &response) == HTTP_ANSWERED);
    CHECK(response.size == HTTP_RESPONSE_MAX - 1 - 19);
}

static void test_noise(void)
{
    static const char *const words[] = {"HTTP/1.1 ",       "200",          "\r\n", "\r\n\r\n",
                                        "Content-Length:", " 99999999999", "7",    "\xff"};
    srand(1);
    for (int i = 0; i < 20000; i++) {
        char bytes[256];
        size_t size = 0;
        for (int word = 0; word < 12; word++) {
            const char *text = words[(size_t)rand() % (sizeof words / sizeof *words)];
            memcpy(bytes + size, text, strlen(text));
            size += strlen(text);
        }
        struct http_response response;
        if (ask(bytes, size, 1 + (size_t)rand() % 40, rand() % 2, &response) == HTTP_ANSWERED)
            CHECK(response.size <= size && response.body[response.size] == 0);
    }
}

int main(void)
{
    test_whole_ones();
    test_bad_ones();
    test_sizes();
    test_noise();
    return 0;
}
