/* files.c: three files of 1 KB, 20 KB and 1 MB, made at the start, and a page that leads to them. */
#include "files.h"

#include <string.h>

static const char page[] = "<!doctype html>\n"
                           "<title>Files</title>\n"
                           "<p><a href=\"/1k\">1 KB</a> <a href=\"/20k\">20 KB</a> <a href=\"/1m\">1 MB</a></p>\n";

static char bytes[1 << 20];

static const struct file files[] = {
    {"/", "text/html", page, sizeof page - 1},
    {"/1k", "text/plain", bytes, 1 << 10},
    {"/20k", "text/plain", bytes, 20 << 10},
    {"/1m", "text/plain", bytes, 1 << 20},
};

/* Lines of 64 characters, each beginning with another letter than the one before. */
void files_init(void)
{
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = i % 64 == 63 ? '\n' : (char)('a' + (i / 64 + i % 64) % 26);
}

const struct file *files_find(const char *path, size_t size)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strlen(files[i].path) == size && memcmp(files[i].path, path, size) == 0)
            return &files[i];
    return NULL;
}
