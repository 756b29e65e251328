/* files.h: what the server has to serve. */
#ifndef FILES_H
#define FILES_H

#include <stddef.h>

struct file {
    const char *path; /* "/1k" */
    const char *type; /* "text/html" */
    const char *bytes;
    size_t size;
};

/* Makes the files; once, before the first files_find. */
void files_init(void);

/* NULL: there is no such file. */
const struct file *files_find(const char *path, size_t size);

#endif
