#include "shim/kernel_cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cache.h"
#include "base/memory.h"

static const char *folder(void)
{
    const char *named = getenv("MEWZ_SHIM_CACHE");
    return named && *named ? named : KERNEL_CACHE_FOLDER;
}

static int make(const char *path, const char *temporary, kernel_cache_make *make_file, void *context, struct err *err)
{
    unlink(temporary); /* of one that was killed at it */
    if (make_file(context, temporary, err) != 0 || chmod(temporary, 0644) != 0 || rename(temporary, path) != 0) {
        err_set_errno(err, "%s", path);
        unlink(temporary);
        return -1;
    }
    cache_bound(folder(), KERNEL_CACHE_LIMIT); /* whoever has one of them open, or mapped, keeps it */
    return 0;
}

/* Looks again once it has the lock: who had it may have made the file. The lock's file goes with the lock, so that it
 * must be seen to be still the one in the folder. */
static int make_locked(const char *path, const char *lock_path, const char *temporary, kernel_cache_make *make_file,
                       void *context, struct err *err)
{
    for (;;) {
        struct stat held, named;
        int lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (lock < 0 || flock(lock, LOCK_EX) != 0) {
            err_set_errno(err, "%s", lock_path);
            if (lock >= 0)
                close(lock);
            return -1;
        }
        bool is_ours = fstat(lock, &held) == 0 && stat(lock_path, &named) == 0 && held.st_ino == named.st_ino;
        int result = 0;
        if (is_ours && access(path, R_OK) != 0)
            result = make(path, temporary, make_file, context, err);
        if (is_ours)
            unlink(lock_path);
        close(lock);
        if (is_ours)
            return result;
    }
}

char *kernel_cache_get(const char *key, kernel_cache_make *make_file, void *context, struct err *err)
{
    struct arena arena = {0};
    char *path = NULL;
    if (!cache_make_folder(folder(), 0755)) {
        err_set_errno(err, "%s", folder());
    } else {
        const char *file = arena_printf(&arena, "%s/%s", folder(), key);
        const char *lock = arena_printf(&arena, "%s/.%s.lock", folder(), key);
        const char *temporary = arena_printf(&arena, "%s/.%s.new", folder(), key);
        /* The time of change says when it was used last. */
        if (utimensat(AT_FDCWD, file, NULL, 0) == 0 || make_locked(file, lock, temporary, make_file, context, err) == 0)
            path = memory_copy_string(file);
    }
    arena_free(&arena);
    return path;
}
