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

/* Reads the archive at `path`. Fails where it is none or has no symbol index. */
int archive_open(struct archive *archive, const char *path, struct err *err);
void archive_close(struct archive *archive);

/* Whether a member of it defines the symbol. */
bool archive_defines(const struct archive *archive, const char *symbol);

#endif
