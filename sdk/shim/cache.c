#include "shim/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/memory.h"

static const char *folder(void)
{
    const char *named = getenv("MEWZ_SHIM_CACHE");
    return named && *named ? named : CACHE_FOLDER;
}

static int make_folder(struct err *err)
{
    char *path = memory_copy_string(folder());
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        mkdir(path, 0755);
        *slash = '/';
    }
    int result = mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : err_set_errno(err, "%s", path);
    free(path);
    return result;
}

static bool is_temporary(const char *name)
{
    return *name == '.';
}

/* The file that was used longest ago; the sum of all sizes. */
static unsigned long sum_up(int directory, char oldest[NAME_MAX + 1])
{
    struct timespec oldest_use = {0};
    unsigned long sum = 0;
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
    *oldest = 0;
    if (!entries)
        return 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        struct stat stat;
        if (is_temporary(entry->d_name) || fstatat(directory, entry->d_name, &stat, 0) != 0)
            continue;
        sum += (unsigned long)stat.st_size;
        if (!*oldest || stat.st_mtim.tv_sec < oldest_use.tv_sec) {
            oldest_use = stat.st_mtim;
            snprintf(oldest, NAME_MAX + 1, "%s", entry->d_name);
        }
    }
    closedir(entries);
    return sum;
}

/* Whoever has one of these open, or mapped, keeps it. */
static void bound(int directory)
{
    char oldest[NAME_MAX + 1];
    while (sum_up(directory, oldest) > CACHE_LIMIT && *oldest && unlinkat(directory, oldest, 0) == 0)
        ;
}

static int make(int directory, const char *path, const char *temporary, cache_make *make_file, void *context,
                struct err *err)
{
    unlink(temporary); /* of one that was killed at it */
    if (make_file(context, temporary, err) != 0 || chmod(temporary, 0644) != 0 || rename(temporary, path) != 0) {
        err_set_errno(err, "%s", path);
        unlink(temporary);
        return -1;
    }
    bound(directory);
    return 0;
}

/* Looks again once it has the lock: who had it may have made the file. The lock's file goes with the lock, so that it
 * must be seen to be still the one in the folder. */
static int make_locked(int directory, const char *path, const char *lock_path, const char *temporary,
                       cache_make *make_file, void *context, struct err *err)
{
    for (;;) {
        struct stat held, named;
        int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (lock < 0 || flock(lock, LOCK_EX) != 0)
            return err_set_errno(err, "%s", lock_path);
        bool is_ours = fstat(lock, &held) == 0 && stat(lock_path, &named) == 0 && held.st_ino == named.st_ino;
        int result = 0;
        if (is_ours && access(path, R_OK) != 0)
            result = make(directory, path, temporary, make_file, context, err);
        if (is_ours)
            unlink(lock_path);
        close(lock);
        if (is_ours)
            return result;
    }
}

char *cache_get(const char *key, cache_make *make_file, void *context, struct err *err)
{
    struct arena arena = {0};
    char *path = NULL;
    if (make_folder(err) == 0) {
        const char *file = arena_printf(&arena, "%s/%s", folder(), key);
        const char *lock = arena_printf(&arena, "%s/.%s.lock", folder(), key);
        const char *temporary = arena_printf(&arena, "%s/.%s.new", folder(), key);
        int directory = open(folder(), O_PATH | O_DIRECTORY | O_CLOEXEC);
        /* The time of change says when it was used last. */
        if (utimensat(AT_FDCWD, file, NULL, 0) == 0 ||
            make_locked(directory, file, lock, temporary, make_file, context, err) == 0)
            path = memory_copy_string(file);
        close(directory);
    }
    arena_free(&arena);
    return path;
}
