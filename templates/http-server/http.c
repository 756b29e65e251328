/* http.c: see http.h. */
#include "http.h"

#include <string.h>
#include <strings.h>

/* A line of the head without its end; false if there is no whole one. Lines may end with a bare LF (RFC 9112, 2.2). */
static bool take_line(const char **at, const char *end, const char **line, size_t *size)
{
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    if (!newline)
        return false;
    *line = *at;
    *size = (size_t)(newline - *at);
    if (*size > 0 && newline[-1] == '\r')
        (*size)--;
    *at = newline + 1;
    return true;
}

static bool starts_with(const char *line, size_t size, const char *text)
{
    return size >= strlen(text) && memcmp(line, text, strlen(text)) == 0;
}

/* "GET /path HTTP/1.1" */
static enum http_result parse_request_line(const char *line, size_t size, struct request *request)
{
    static const char version[] = " HTTP/1.x";
    size_t version_size = sizeof version - 1;
    request->is_head = starts_with(line, size, "HEAD ");
    bool is_get = starts_with(line, size, "GET ");
    size_t method_size = request->is_head ? 5 : is_get ? 4 : 2; /* others have a letter at least, and the space */
    if (size < method_size + version_size || memcmp(line + size - version_size, version, version_size - 1) != 0)
        return HTTP_BAD;
    request->path = line + method_size;
    request->path_size = size - method_size - version_size;
    const char *query = memchr(request->path, '?', request->path_size);
    if (query)
        request->path_size = (size_t)(query - request->path);
    request->keep_alive = line[size - 1] != '0'; /* HTTP/1.1 says so by itself */
    return request->is_head || is_get ? HTTP_REQUEST : HTTP_OTHER;
}

static void parse_field(const char *line, size_t size, struct request *request)
{
    static const char name[] = "connection:";
    size_t length = sizeof name - 1;
    if (size < length || strncasecmp(line, name, length) != 0)
        return;
    for (; length < size && line[length] == ' '; length++)
        ;
    if (size - length >= 5 && strncasecmp(line + length, "close", 5) == 0)
        request->keep_alive = false;
    if (size - length >= 10 && strncasecmp(line + length, "keep-alive", 10) == 0)
        request->keep_alive = true;
}

enum http_result http_parse(const char *bytes, size_t size, struct request *request)
{
    const char *at = bytes, *end = bytes + size, *line;
    size_t length;
    if (!take_line(&at, end, &line, &length))
        return HTTP_INCOMPLETE;
    enum http_result result = parse_request_line(line, length, request);
    if (result == HTTP_BAD)
        return result;
    while (take_line(&at, end, &line, &length)) {
        if (length == 0) {
            request->size = (size_t)(at - bytes);
            return result;
        }
        parse_field(line, length, request);
    }
    return HTTP_INCOMPLETE;
}
