/* http.c: see http.h. HTTP/1.0 is asked for, so that no answer comes in chunks and the end of the connection is the end
 * of the answer, where no length says it before. */
#include "metadata/http.h"

#include "rt/format.h"
#include "wasi/types.h"

static char response_bytes[HTTP_RESPONSE_MAX + 1];

static bool wait_until(struct host_socket *socket, uint8_t wanted, uint64_t deadline)
{
    struct host_watch watch = {.socket = socket, .wanted = wanted};
    host_wait(deadline, &watch);
    return watch.ready != 0;
}

static bool connect(struct host_socket *socket, const struct http_request *request)
{
    uint32_t error = host_socket_connect(socket, &request->server);
    if (error != WASI_EINPROGRESS)
        return error == 0;
    return wait_until(socket, HOST_WRITABLE, request->deadline) && host_socket_error(socket) == 0;
}

static bool send(struct host_socket *socket, const struct http_request *request)
{
    char text[1024];
    size_t size = format_text(text, sizeof text, "%s %s HTTP/1.0\r\nHost: 169.254.169.254\r\n%s\r\n", request->method,
                              request->path, request->headers);
    for (size_t done = 0, sent; done < size; done += sent) {
        struct host_slice slice = {text + done, size - done};
        sent = 0;
        uint32_t error = host_socket_send(socket, &slice, 1, NULL, &sent);
        if (error && (error != WASI_EAGAIN || !wait_until(socket, HOST_WRITABLE, request->deadline)))
            return false;
    }
    return true;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* What follows the text, which is in lower case, at its first place in [from, end), or NULL. */
static char *behind(char *from, const char *end, const char *text)
{
    for (; from < end; from++) {
        size_t i = 0;
        while (text[i] && from + i < end && lower(from[i]) == text[i])
            i++;
        if (!text[i])
            return from + i;
    }
    return NULL;
}

/* Reads a decimal number of at most `digits_max` digits; false where there is none. */
static bool read_number(const char *at, const char *end, unsigned digits_max, size_t *number)
{
    unsigned digits = 0;
    while (at < end && *at == ' ')
        at++;
    for (*number = 0; at < end && *at >= '0' && *at <= '9' && digits <= digits_max; at++, digits++)
        *number = *number * 10 + (size_t)(*at - '0');
    return digits > 0 && digits <= digits_max;
}

/* Whether the first `size` bytes are a whole response. `ended`: no more will come. */
static bool parse(size_t size, bool ended, struct http_response *response)
{
    char *end = response_bytes + size;
    char *body = behind(response_bytes, end, "\r\n\r\n");
    char *status = body ? behind(response_bytes, body, "http/1.") : NULL;
    size_t code, length;
    if (status != response_bytes + 7 || !read_number(status + 1, body, 3, &code))
        return false;
    char *field = behind(response_bytes, body, "\r\ncontent-length:");
    bool has_length = field && read_number(field, body, 9, &length);
    size_t there = (size_t)(end - body);
    if (has_length ? there < length : !ended)
        return false;
    *response = (struct http_response){(unsigned)code, body, has_length ? length : there};
    body[response->size] = 0;
    return true;
}

static bool receive(struct host_socket *socket, const struct http_request *request, struct http_response *response)
{
    for (size_t size = 0; size < HTTP_RESPONSE_MAX;) {
        struct host_slice slice = {response_bytes + size, HTTP_RESPONSE_MAX - size};
        struct host_received received = {0};
        uint32_t error = host_socket_receive(socket, &slice, 1, false, &received);
        if (error == WASI_EAGAIN) {
            if (!wait_until(socket, HOST_READABLE, request->deadline))
                return false;
            continue;
        }
        size += received.size;
        if (error || parse(size, received.size == 0, response))
            return error == 0;
        if (received.size == 0)
            return false;
    }
    return false;
}

enum http_outcome http_ask(const struct http_request *request, struct http_response *response)
{
    struct host_socket *socket;
    if (host_socket_open(HOST_IPV4, HOST_TCP, &socket) != 0)
        return HTTP_UNREACHABLE;
    enum http_outcome outcome = HTTP_UNREACHABLE;
    if (connect(socket, request))
        outcome = send(socket, request) && receive(socket, request, response) ? HTTP_ANSWERED : HTTP_BAD;
    host_socket_close(socket);
    return outcome;
}
