/* files.h: what the server has to serve. */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>
#include <stddef.h>

/* An answer as it is sent: head and body in one piece. */
struct answer {
    const char *bytes;
    size_t size, head_size;
};

struct file {
    const char *path; /* "/1k" */
    size_t path_size;
    struct answer answers[2]; /* one that ends the connection, and one that keeps it */
};

/* Answers that are no file. */
enum failure { BAD_REQUEST, NOT_FOUND, METHOD_NOT_ALLOWED };

/* Makes all answers, so that there is nothing left to make when somebody asks. Once, before the others. False: there is
 * no memory. */
bool files_init(void);

/* NULL: there is no such file. */
const struct file *files_find(const char *path, size_t size);

const struct file *files_failure(enum failure failure);

#endif
