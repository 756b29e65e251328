/* files.c: three files of 1 KB, 20 KB and 1 MB, made at the start, and a page that leads to them. */
#include "files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char page[] = "<!doctype html>\n"
                           "<title>Files</title>\n"
                           "<p><a href=\"/1k\">1 KB</a> <a href=\"/20k\">20 KB</a> <a href=\"/1m\">1 MB</a></p>\n";
static const char nothing[] = "There is nothing here.\n";

static struct file files[4], failures[3];

static bool make_answer(struct answer *answer, const char *status, const char *type, const char *body, size_t size,
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
    *answer = (struct answer){bytes, (size_t)head_size + size, (size_t)head_size};
    return true;
}

static bool make_file(struct file *file, const char *path, const char *status, const char *type, const char *body,
                      size_t size)
{
    file->path = path;
    file->path_size = strlen(path);
    return make_answer(&file->answers[false], status, type, body, size, false) &&
           make_answer(&file->answers[true], status, type, body, size, true);
}

static bool make_failure(enum failure failure, const char *status)
{
    return make_file(&failures[failure], "", status, "text/plain", nothing, sizeof nothing - 1);
}

/* Lines of 64 characters, each beginning with another letter than the one before. */
static void fill(char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = i % 64 == 63 ? '\n' : (char)('a' + (i / 64 + i % 64) % 26);
}

bool files_init(void)
{
    size_t largest = 1 << 20;
    char *bytes = malloc(largest);
    if (!bytes)
        return false;
    fill(bytes, largest);
    bool made = make_file(&files[0], "/", "200 OK", "text/html", page, sizeof page - 1) &&
                make_file(&files[1], "/1k", "200 OK", "text/plain", bytes, 1 << 10) &&
                make_file(&files[2], "/20k", "200 OK", "text/plain", bytes, 20 << 10) &&
                make_file(&files[3], "/1m", "200 OK", "text/plain", bytes, largest) &&
                make_failure(BAD_REQUEST, "400 Bad Request") && make_failure(NOT_FOUND, "404 Not Found") &&
                make_failure(METHOD_NOT_ALLOWED, "405 Method Not Allowed");
    free(bytes);
    return made;
}

const struct file *files_find(const char *path, size_t size)
{
    for (size_t i = 0; i < COUNT(files); i++)
        if (files[i].path_size == size && memcmp(files[i].path, path, size) == 0)
            return &files[i];
    return NULL;
}

const struct file *files_failure(enum failure failure)
{
    return &failures[failure];
}
