/* http.h: one request to an HTTP server (RFC 9110, RFC 9112), for what fits into memory that is set aside. */
#ifndef METADATA_HTTP_H
#define METADATA_HTTP_H

#include <stdint.h>

#include "wasi/host_socket.h"

#define HTTP_RESPONSE_MAX (96u << 10) /* with its headers */

struct http_request {
    struct host_address server;
    const char *method, *path;
    const char *headers; /* further ones, each with its "\r\n" */
    uint64_t deadline;   /* by the monotonic clock */
};

struct http_response {
    unsigned status;
    char *body; /* with a zero behind it; holds until the next request */
    size_t size;
};

enum http_outcome {
    HTTP_ANSWERED,
    HTTP_UNREACHABLE, /* there was no connection */
    HTTP_BAD,         /* there was no whole response in time, or it was too long, or none */
};

/* Connects, asks and waits for the response, which is filled in where one came, whatever its status. */
enum http_outcome http_ask(const struct http_request *request, struct http_response *response);

#endif
