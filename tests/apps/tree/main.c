/* tree COMMAND FOLDER...: hash, pack or unpack folders, one after the other. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"

void fail(const char *what)
{
    perror(what);
    exit(1);
}

void join(char *path, const char *folder, const char *name)
{
    if (snprintf(path, PATH_SIZE, "%s/%s", folder, name) >= PATH_SIZE) {
        errno = ENAMETOOLONG;
        fail(folder);
    }
}

struct dirent *next_entry(DIR *folder, const char *path)
{
    struct dirent *entry;
    errno = 0;
    while ((entry = readdir(folder)) && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0))
        ;
    if (!entry && errno)
        fail(path);
    return entry;
}

static const struct {
    const char *name;
    void (*run)(const char *folder);
} commands[] = {{"hash", tree_hash}, {"pack", tree_pack}, {"unpack", tree_unpack}};

static void run(const char *name, const char *folder)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(name, commands[i].name) == 0) {
            commands[i].run(folder);
            return;
        }
    fprintf(stderr, "tree: no command %s\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2)
        run(argv[i], argv[i + 1]);
    return fflush(stdout) ? 1 : 0;
}
