#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"

/* --- input --- */

/* What has no size of its own (a pipe, a terminal, a device) is read up to here: /dev/zero never ends. */
#define STREAM_MAX (128u << 20)

static int read_stream(struct file *file, int fd, const char *path, struct err *err)
{
    /* Anonymous memory, so that file_close is the same for both kinds. It costs nothing before it is written. */
    uint8_t *bytes = mmap(NULL, STREAM_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bytes == MAP_FAILED)
        return err_set_errno(err, "%s", path);
    size_t size = 0;
    ssize_t got = 1;
    while (got != 0 && size < STREAM_MAX) {
        got = read(fd, bytes + size, STREAM_MAX - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            err_set_errno(err, "%s", path);
            munmap(bytes, STREAM_MAX);
            return -1;
        }
        size += (size_t)got;
    }
    if (got != 0) {
        munmap(bytes, STREAM_MAX);
        return err_set(err, "%s: more than %u MiB through a pipe or device: give a regular file", path,
                       STREAM_MAX >> 20);
    }
    file->size = size;
    file->data = mremap(bytes, STREAM_MAX, size ? size : 1, 0);
    return 0;
}

static int map_file(struct file *file, int fd, size_t size, const char *path, struct err *err)
{
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        return err_set_errno(err, "%s", path);
    file->data = bytes;
    file->size = size;
    return 0;
}

int file_read(struct file *file, const char *path, struct err *err)
{
    *file = (struct file){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    if (fd < 0 || fstat(fd, &stat) != 0) {
        err_set_errno(err, "%s", path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    int result;
    if (S_ISDIR(stat.st_mode))
        result = err_set(err, "%s: is a folder, not a file", path);
    else if (S_ISREG(stat.st_mode) && stat.st_size > 0)
        result = map_file(file, fd, (size_t)stat.st_size, path, err);
    else /* also what /proc and /sys show with size 0 */
        result = read_stream(file, fd, path, err);
    close(fd);
    return result;
}

void file_close(struct file *file)
{
    if (file->data)
        munmap((void *)file->data, file->size ? file->size : 1);
    *file = (struct file){0};
}

/* --- output --- */

static int write_all(int fd, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0;) {
        ssize_t written = write(fd, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        at += written;
        size -= (size_t)written;
    }
    return 0;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static int write_at(int fd, uint64_t position, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = pwrite(fd, bytes, size, (off_t)position);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -1;
        bytes += written;
        position += (uint64_t)written;
        size -= (size_t)written;
    }
    return 0;
}

int file_write_sparse(int fd, uint64_t position, const void *bytes, size_t size)
{
    enum { BLOCK = 1 << 16 };
    const uint8_t *at = bytes;
    for (size_t start = 0, end; start < size; start = end) {
        end = start; /* of what is no hole */
        while (end < size && !is_zero(at + end, size - end < BLOCK ? size - end : BLOCK))
            end += size - end < BLOCK ? size - end : BLOCK;
        if (write_at(fd, position + start, at + start, end - start) != 0)
            return -1;
        end += size - end < BLOCK ? size - end : BLOCK;
    }
    return 0;
}

/* Creates an empty file with a new name in `folder` (`length` bytes of it). Unlike mkstemp's, its mode is the one that
 * the umask leaves, as for any file that a compiler writes. */
static char *create_unique(const char *folder, size_t length)
{
    for (int attempt = 0; attempt < 100; attempt++) {
        uint64_t number = 0;
        if (getrandom(&number, sizeof number, 0) < 0)
            return NULL;
        char *path = memory_alloc(length + 64);
        snprintf(path, length + 64, "%.*s/.mewz-%016llx", (int)length, folder, (unsigned long long)number);
        cleanup_add_path(path); /* before it exists: no signal may come in between */
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) {
            close(fd);
            return path;
        }
        int saved = errno;
        cleanup_forget_path(path);
        errno = saved;
        if (errno != EEXIST)
            return NULL;
    }
    return NULL;
}

static const char *temp_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && *folder ? folder : "/tmp";
}

/* A temporary name beside the target, on the same file system, so that rename works and is atomic. */
static int begin_beside(struct output *output, struct err *err)
{
    const char *slash = strrchr(output->target, '/');
    const char *folder = !slash ? "." : slash == output->target ? "" : output->target;
    size_t length = !slash ? 1 : (size_t)(slash - output->target);
    output->path = create_unique(folder, length);
    return output->path ? 0 : err_set_errno(err, "%s: cannot be written", output->target);
}

int output_begin(struct output *output, const char *target, struct err *err)
{
    *output = (struct output){0};
    struct stat stat_target;
    bool exists = stat(target, &stat_target) == 0;
    if (!*target)
        return err_set(err, "the name of the output is empty");
    if (exists && S_ISDIR(stat_target.st_mode))
        return err_set(err, "%s: is a folder, not a file to write", target);
    if (exists && access(target, W_OK) != 0)
        return err_set_errno(err, "%s: cannot be written", target);
    output->is_stream = exists && !S_ISREG(stat_target.st_mode);
    /* A symbolic link stays one: what it points to is replaced. */
    output->target = exists && !output->is_stream ? realpath(target, NULL) : memory_copy_string(target);
    if (!output->target)
        return err_set_errno(err, "%s", target);
    int result = 0;
    if (output->is_stream) {
        output->path = create_unique(temp_folder(), strlen(temp_folder()));
        if (!output->path)
            result = err_set_errno(err, "%s: cannot be written", temp_folder());
    } else {
        result = begin_beside(output, err);
    }
    if (result != 0)
        output_discard(output);
    return result;
}

static int write_file(const char *path, int flags, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0666);
    if (fd < 0)
        return -1;
    struct stat stat;
    bool is_regular = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size == 0;
    int result = is_regular ? file_write_sparse(fd, 0, bytes, size) : write_all(fd, bytes, size);
    if (result == 0 && is_regular)
        result = ftruncate(fd, (off_t)size);
    int saved = errno;
    if (close(fd) != 0)
        return -1;
    errno = saved;
    return result;
}

int file_write(const char *path, const void *bytes, size_t size, struct err *err)
{
    if (write_file(path, O_CREAT | O_TRUNC, bytes, size) != 0)
        return err_set_errno(err, "%s", path);
    return 0;
}

int file_copy(const char *from, const char *to, struct err *err)
{
    struct file file;
    if (file_read(&file, from, err) != 0)
        return -1;
    int result = file_write(to, file.data, file.size, err);
    file_close(&file);
    return result;
}

int output_write(struct output *output, const void *bytes, size_t size, struct err *err)
{
    if (write_file(output->path, O_TRUNC, bytes, size) != 0)
        return err_set_errno(err, "%s: cannot be written", output->target);
    return 0;
}

static int commit_stream(struct output *output, struct err *err)
{
    struct file file;
    if (file_read(&file, output->path, err) != 0)
        return -1;
    int result = 0;
    if (write_file(output->target, 0, file.data, file.size) != 0)
        result = err_set_errno(err, "%s: cannot be written", output->target);
    file_close(&file);
    cleanup_remove_path(output->path);
    output->path = NULL;
    return result;
}

int output_commit(struct output *output, struct err *err)
{
    int result = 0;
    if (output->is_stream) {
        result = commit_stream(output, err);
    } else if (rename(output->path, output->target) == 0) {
        cleanup_forget_path(output->path);
        output->path = NULL;
    } else {
        result = err_set_errno(err, "%s: cannot be written", output->target);
    }
    output_discard(output);
    return result;
}

void output_discard(struct output *output)
{
    if (output->path)
        cleanup_remove_path(output->path);
    free(output->target);
    *output = (struct output){0};
}

/* --- temporary folders --- */

int temp_dir_make(struct temp_dir *dir, struct err *err)
{
    *dir = (struct temp_dir){0};
    size_t size = strlen(temp_folder()) + 32;
    char *path = memory_alloc(size);
    snprintf(path, size, "%s/mewz-XXXXXX", temp_folder());
    cleanup_add_path(path); /* before it exists: no signal may come in between */
    if (!mkdtemp(path)) {
        cleanup_forget_path(path);
        return err_set_errno(err, "%s: no temporary folder can be made (set TMPDIR)", temp_folder());
    }
    dir->path = path;
    return 0;
}

void temp_dir_remove(struct temp_dir *dir)
{
    if (dir->path)
        cleanup_remove_path(dir->path);
    dir->path = NULL;
}
