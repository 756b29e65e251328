/* answer.c: templates/http-server/answer.h with files that are ready in memory, so that the network is measured and not
 * files: three of 1 KB, 20 KB and 1 MB, and a page that leads to them. */
#include "answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char page[] = "<!doctype html>\n"
                           "<title>Files</title>\n"
                           "<p><a href=\"/1k\">1 KB</a> <a href=\"/20k\">20 KB</a> <a href=\"/1m\">1 MB</a></p>\n";
static const char nothing[] = "There is nothing here.\n";

/* What struct answer's `file` counts here; the first ones are those that have a path. */
enum { PAGE, SMALL, MIDDLE, LARGE, BAD_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED, FILE_COUNT };

static const struct {
    const char *path;
    size_t path_size;
} paths[] = {[PAGE] = {"/", 1}, [SMALL] = {"/1k", 3}, [MIDDLE] = {"/20k", 4}, [LARGE] = {"/1m", 3}};

/* As they are sent: head and body in one piece. One that ends the connection, and one that keeps it. */
static struct message {
    const char *bytes;
    size_t size, head_size;
} messages[FILE_COUNT][2];

/* --- the beginning --- */

static bool make_message(struct message *message, const char *status, const char *type, const char *body, size_t size,
                         bool keeps)
{
    char head[256];
    int head_size = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n",
                             status, type, size, keeps ? "" : "Connection: close\r\n");
    char *bytes = malloc((size_t)head_size + size);
    if (!bytes)
        return false;
    memcpy(bytes, head, (size_t)head_size);
    memcpy(bytes + head_size, body, size);
    *message = (struct message){bytes, (size_t)head_size + size, (size_t)head_size};
    return true;
}

static bool make_file(int file, const char *status, const char *type, const char *body, size_t size)
{
    return make_message(&messages[file][false], status, type, body, size, false) &&
           make_message(&messages[file][true], status, type, body, size, true);
}

static bool make_failure(int file, const char *status)
{
    return make_file(file, status, "text/plain", nothing, sizeof nothing - 1);
}

/* Lines of 64 characters, each beginning with another letter than the one before. */
static void fill(char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = i % 64 == 63 ? '\n' : (char)('a' + (i / 64 + i % 64) % 26);
}

/* There is none: the files are made. */
bool answer_open_folder(const char *path)
{
    (void)path;
    size_t largest = 1 << 20;
    char *bytes = malloc(largest);
    if (!bytes)
        return false;
    fill(bytes, largest);
    bool made = make_file(PAGE, "200 OK", "text/html", page, sizeof page - 1) &&
                make_file(SMALL, "200 OK", "text/plain", bytes, 1 << 10) &&
                make_file(MIDDLE, "200 OK", "text/plain", bytes, 20 << 10) &&
                make_file(LARGE, "200 OK", "text/plain", bytes, largest) &&
                make_failure(BAD_REQUEST, "400 Bad Request") && make_failure(NOT_FOUND, "404 Not Found") &&
                make_failure(METHOD_NOT_ALLOWED, "405 Method Not Allowed");
    free(bytes);
    return made;
}

/* --- answers --- */

static int find_file(enum http_result result, const struct request *request)
{
    if (result == HTTP_OTHER)
        return METHOD_NOT_ALLOWED;
    if (result != HTTP_REQUEST)
        return BAD_REQUEST;
    for (int file = 0; file < (int)(sizeof paths / sizeof *paths); file++)
        if (paths[file].path_size == request->path_size &&
            memcmp(paths[file].path, request->path, request->path_size) == 0)
            return file;
    return NOT_FOUND;
}

void answer_begin(struct answer *answer, enum http_result result, const struct request *request)
{
    bool understood = result == HTTP_REQUEST;
    answer->file = find_file(result, request);
    answer->position = 0;
    answer->keep_alive = understood && request->keep_alive;
    const struct message *message = &messages[answer->file][answer->keep_alive];
    answer->size = (long long)(understood && request->is_head ? message->head_size : message->size);
}

enum progress answer_send(struct answer *answer, int socket)
{
    const char *bytes = messages[answer->file][answer->keep_alive].bytes;
    while (answer->position < answer->size) {
        ssize_t sent = write(socket, bytes + answer->position, (size_t)(answer->size - answer->position));
        if (sent < 0)
            return errno == EAGAIN ? WAITS : FAILED;
        answer->position += sent;
    }
    return DONE;
}

void answer_end(struct answer *answer)
{
    (void)answer;
}
