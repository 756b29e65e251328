/* archive.h: which symbols a static library defines, from its symbol index. */
#ifndef LINK_ARCHIVE_H
#define LINK_ARCHIVE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/file.h"

struct archive {
    struct file file;
    const char *names; /* zero-terminated names, one after the other, up to names_end */
    const char *names_end;
};

int archive_open(struct archive *archive, const char *path, struct err *err);
void archive_close(struct archive *archive);
bool archive_defines(const struct archive *archive, const char *symbol);

#endif
