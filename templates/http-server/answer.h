/* answer.h: what a request is answered with: a file of the folder, or a line of text that says why not. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "http.h"

/* A head, and a part of a file behind it. */
struct answer {
    int file; /* -1: there is nothing but the head */
    size_t head_size;
    long long size;     /* of head and file */
    long long position; /* what is sent already */
    bool keep_alive;    /* the connection stays afterwards */
    char head[1024];
};

enum progress { DONE, WAITS, FAILED };

/* The folder whose files are served, once, before the others. False: it cannot be opened, as errno says. */
bool answer_open_folder(const char *path);

/* Makes the answer to what http_parse found. It has to be ended, whatever happens. */
void answer_begin(struct answer *answer, enum http_result result, const struct request *request);

/* Sends as much as the peer takes. WAITS: again when the socket can be written; FAILED: the connection is over. */
enum progress answer_send(struct answer *answer, int socket);

void answer_end(struct answer *answer);

#endif
