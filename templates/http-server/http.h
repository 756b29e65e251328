/* http.h: requests of HTTP/1.0 and 1.1 (RFC 9112), as far as a server of files needs them. */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>

struct request {
    size_t size; /* bytes of the request, its empty line included */
    const char *path;
    size_t path_size;
    bool is_head;    /* HEAD; else GET */
    bool keep_alive; /* the connection stays */
};

enum http_result {
    HTTP_REQUEST,    /* there is a whole one */
    HTTP_INCOMPLETE, /* more bytes are needed */
    HTTP_BAD,        /* no request */
    HTTP_OTHER,      /* neither GET nor HEAD */
};

/* Reads the first request in the bytes. */
enum http_result http_parse(const char *bytes, size_t size, struct request *request);

#endif
