/* cache.c: see cache.h. An entry is a file KEY: the content, and then the 64 digits of its SHA-256. */
#include "base/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/sha256.h"

#define DIGEST_SIZE 64u

static char *join(const char *folder, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static bool is_set(const char *variable)
{
    return variable && *variable;
}

static char *choose_folder(void)
{
    const char *own = getenv("MEWZ_CACHE_DIR"), *user = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (is_set(own))
        return strdup(own);
    if (is_set(user))
        return join(user, "mewz");
    return is_set(home) ? join(home, ".cache/mewz") : NULL;
}

bool cache_make_folder(const char *path, mode_t mode)
{
    char *above = memory_copy_string(path);
    for (char *slash = strchr(above + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(above, mode);
        *slash = '/';
    }
    free(above);
    return (mkdir(path, mode) == 0 || errno == EEXIST) && access(path, R_OK | W_OK | X_OK) == 0;
}

void cache_open(struct cache *cache, const char *name, uint64_t limit)
{
    char *base = limit > 0 ? choose_folder() : NULL;
    *cache = (struct cache){.folder = base ? join(base, name) : NULL, .limit = limit};
    free(base);
    if (cache->folder && !cache_make_folder(cache->folder, 0700)) /* for this user alone */
        cache_close(cache);
}

void cache_close(struct cache *cache)
{
    free(cache->folder);
    cache->folder = NULL;
}

static bool is_whole(const struct file *file)
{
    if (file->size < DIGEST_SIZE)
        return false;
    struct sha256_text digest = sha256_text(file->data, file->size - DIGEST_SIZE);
    return memcmp(file->data + file->size - DIGEST_SIZE, digest.digits, DIGEST_SIZE) == 0;
}

static bool fetch(const char *entry, const char *path)
{
    struct file file;
    struct err err = {0};
    if (file_read(&file, entry, &err) != 0)
        return false;
    bool whole = is_whole(&file);
    bool done = whole && file_write(path, file.data, file.size - DIGEST_SIZE, &err) == 0;
    file_close(&file);
    if (whole)
        utimensat(AT_FDCWD, entry, NULL, 0); /* used now */
    else
        unlink(entry);
    return done;
}

bool cache_fetch(const struct cache *cache, const char *key, const char *path)
{
    char *entry = cache->folder ? join(cache->folder, key) : NULL;
    bool found = entry && fetch(entry, path);
    free(entry);
    return found;
}

/* --- the limit --- */

/* What other processes are just writing counts too: if it is old it was given up, and goes like any other. */
static uint64_t sum_up(int folder, char oldest[NAME_MAX + 1])
{
    int copy = dup(folder);
    DIR *directory = copy < 0 ? NULL : fdopendir(copy);
    struct timespec time = {0};
    struct stat status;
    uint64_t total = 0;
    *oldest = 0;
    if (!directory)
        return 0;
    rewinddir(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode) ||
            status.st_size == 0)
            continue;
        total += (uint64_t)status.st_size;
        if (*oldest && (status.st_mtim.tv_sec > time.tv_sec ||
                        (status.st_mtim.tv_sec == time.tv_sec && status.st_mtim.tv_nsec >= time.tv_nsec)))
            continue;
        time = status.st_mtim;
        memcpy(oldest, entry->d_name, strlen(entry->d_name) + 1);
    }
    closedir(directory);
    return total;
}

void cache_bound(const char *folder, uint64_t limit)
{
    char oldest[NAME_MAX + 1];
    int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return;
    while (sum_up(directory, oldest) > limit && *oldest && unlinkat(directory, oldest, 0) == 0)
        ;
    close(directory);
}

/* --- storing --- */

static bool write_entry(const char *entry, const struct file *content)
{
    struct sha256_text digest = sha256_text(content->data, content->size);
    struct buf bytes = {0};
    struct output output;
    struct err err = {0};
    if (output_begin(&output, entry, &err) != 0)
        return false;
    buf_append(&bytes, content->data, content->size);
    buf_append(&bytes, digest.digits, DIGEST_SIZE);
    bool done = output_write(&output, bytes.data, bytes.size, &err) == 0 && output_commit(&output, &err) == 0;
    output_discard(&output);
    buf_free(&bytes);
    return done;
}

void cache_store(const struct cache *cache, const char *key, const char *path)
{
    struct file content;
    struct err err = {0};
    char *entry = cache->folder ? join(cache->folder, key) : NULL;
    if (entry && file_read(&content, path, &err) == 0) {
        if (content.size + DIGEST_SIZE <= cache->limit && write_entry(entry, &content))
            cache_bound(cache->folder, cache->limit);
        file_close(&content);
    }
    free(entry);
}
