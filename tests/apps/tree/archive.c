/* archive.c: tar archives in POSIX's ustar format (IEEE 1003.1, pax), of files, folders and symbolic links. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree.h"

#define BLOCK 512

struct header {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2],
        owner[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

enum { TYPE_FILE = '0', TYPE_LINK = '2', TYPE_FOLDER = '5' };

/* The sum of all bytes, with blanks in the place of the sum itself. */
static unsigned checksum(const struct header *header)
{
    struct header blank = *header;
    unsigned sum = 0;
    memset(blank.checksum, ' ', sizeof blank.checksum);
    for (size_t i = 0; i < sizeof blank; i++)
        sum += ((const unsigned char *)&blank)[i];
    return sum;
}

static void write_all(const void *bytes, size_t size)
{
    if (fwrite(bytes, 1, size, stdout) != size)
        fail("stdout");
}

static void write_header(const char *name, char type, size_t size, const char *link)
{
    struct header header = {.type = type, .magic = "ustar", .version = {'0', '0'}};
    if (strlen(name) >= sizeof header.name || strlen(link) >= sizeof header.link) {
        errno = ENAMETOOLONG;
        fail(name);
    }
    strcpy(header.name, name);
    strcpy(header.link, link);
    strcpy(header.mode, type == TYPE_FOLDER ? "0000755" : "0000644");
    strcpy(header.uid, "0000000");
    strcpy(header.gid, "0000000");
    strcpy(header.mtime, "00000000000");
    snprintf(header.size, sizeof header.size, "%011zo", size);
    snprintf(header.checksum, sizeof header.checksum, "%06o", checksum(&header));
    write_all(&header, sizeof header);
}

static void pack_file(const char *path, const char *name, size_t size)
{
    static char buffer[65536];
    write_header(name, TYPE_FILE, size, "");
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path);
    for (size_t left = size; left;) {
        size_t got = fread(buffer, 1, left < sizeof buffer ? left : sizeof buffer, file);
        if (!got)
            fail(path);
        write_all(buffer, got);
        left -= got;
    }
    fclose(file);
    static const char zeros[BLOCK];
    write_all(zeros, (BLOCK - size % BLOCK) % BLOCK);
}

static void pack_link(const char *path, const char *name)
{
    char target[PATH_SIZE];
    ssize_t size = readlink(path, target, sizeof target - 1);
    if (size < 0)
        fail(path);
    target[size] = 0;
    write_header(name, TYPE_LINK, 0, target);
}

/* `name` is the folder's in the archive, with a slash, or empty. */
static void pack_folder(const char *folder, const char *name)
{
    DIR *open = opendir(folder);
    if (!open)
        fail(folder);
    for (struct dirent *entry; (entry = next_entry(open, folder));) {
        char path[PATH_SIZE], inner[2 * PATH_SIZE];
        struct stat stat;
        join(path, folder, entry->d_name);
        if (lstat(path, &stat))
            fail(path);
        snprintf(inner, sizeof inner, "%s%s%s", name, entry->d_name, S_ISDIR(stat.st_mode) ? "/" : "");
        if (S_ISDIR(stat.st_mode)) {
            write_header(inner, TYPE_FOLDER, 0, "");
            pack_folder(path, inner);
        } else if (S_ISLNK(stat.st_mode)) {
            pack_link(path, inner);
        } else {
            pack_file(path, inner, (size_t)stat.st_size);
        }
    }
    closedir(open);
}

void tree_pack(const char *folder)
{
    static const char end[2 * BLOCK];
    pack_folder(folder, "");
    write_all(end, sizeof end);
}

static void read_all(void *bytes, size_t size)
{
    if (fread(bytes, 1, size, stdin) != size) {
        errno = EIO;
        fail("the archive ends early");
    }
}

static void unpack_file(const char *path, size_t size)
{
    static char buffer[65536];
    FILE *file = fopen(path, "wbx");
    if (!file)
        fail(path);
    for (size_t left = size; left;) {
        size_t part = left < sizeof buffer ? left : sizeof buffer;
        read_all(buffer, part);
        if (fwrite(buffer, 1, part, file) != part)
            fail(path);
        left -= part;
    }
    if (fclose(file))
        fail(path);
    read_all(buffer, (BLOCK - size % BLOCK) % BLOCK);
}

static void unpack_entry(const char *folder, const struct header *header)
{
    char path[PATH_SIZE], name[sizeof header->prefix + sizeof header->name + 2], link[sizeof header->link + 1];
    if (strtoul(header->checksum, NULL, 8) != checksum(header)) {
        errno = EILSEQ;
        fail(header->name);
    }
    snprintf(name, sizeof name, "%.*s%s%.*s", (int)sizeof header->prefix, header->prefix, *header->prefix ? "/" : "",
             (int)sizeof header->name, header->name);
    snprintf(link, sizeof link, "%.*s", (int)sizeof header->link, header->link);
    join(path, folder, name);
    if (header->type == TYPE_FILE)
        unpack_file(path, strtoul(header->size, NULL, 8));
    else if (header->type == TYPE_LINK ? symlink(link, path) : mkdir(path, 0777) && errno != EEXIST)
        fail(path);
}

void tree_unpack(const char *folder)
{
    struct header header;
    if (mkdir(folder, 0777))
        fail(folder);
    for (read_all(&header, BLOCK); *header.name; read_all(&header, BLOCK))
        unpack_entry(folder, &header);
}
