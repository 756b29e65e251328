/* Does with files what its first argument says, and prints what came of it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const char *what)
{
    printf("%s: %s\n", what, strerror(errno));
    return 1;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int list(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, by_name);
    if (count < 0)
        return fail(path);
    for (int i = 0; i < count; i++) {
        char below[1024], target[256];
        struct stat stat;
        const char *name = entries[i]->d_name;
        snprintf(below, sizeof below, "%s/%s", strcmp(path, "/") ? path : "", name);
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        if (lstat(below, &stat) != 0)
            return fail(below);
        ssize_t size = S_ISLNK(stat.st_mode) ? readlink(below, target, sizeof target) : 0;
        printf("%s%s%.*s", below, size ? " -> " : "", (int)size, target);
        S_ISREG(stat.st_mode) ? printf(" %lld\n", (long long)stat.st_size) : printf("\n");
        if (S_ISDIR(stat.st_mode))
            list(below);
    }
    return 0;
}

static int cat(const char *path)
{
    char buffer[5000];
    ssize_t size;
    int file = open(path, O_RDONLY);
    if (file < 0)
        return fail(path);
    while ((size = read(file, buffer, sizeof buffer)) > 0)
        write(1, buffer, (size_t)size);
    return size < 0 ? fail(path) : close(file);
}

static int add(const char *path, const char *text, int flags)
{
    int file = open(path, O_WRONLY | O_CREAT | flags, 0666);
    if (file < 0 || write(file, text, strlen(text)) < 0 || close(file) != 0)
        return fail(path);
    return 0;
}

/* A folder with many files: all are seen once, by a stream that is read while they are removed as well. */
static int many(int count)
{
    char name[64];
    int seen = 0;
    mkdir("/tmp/many", 0777);
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "/tmp/many/file-%d", i);
        int file = open(name, O_WRONLY | O_CREAT | O_EXCL, 0666);
        if (file < 0)
            return fail(name);
        close(file);
    }
    DIR *folder = opendir("/tmp/many");
    for (struct dirent *entry; (entry = readdir(folder));)
        seen += entry->d_name[0] != '.';
    printf("seen %d\n", seen);
    rewinddir(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        snprintf(name, sizeof name, "/tmp/many/%s", entry->d_name);
        if (entry->d_name[0] != '.' && unlink(name) != 0)
            return fail(name);
    }
    closedir(folder);
    return rmdir("/tmp/many") == 0 ? printf("removed\n") < 0 : fail("/tmp/many");
}

/* A file that is longer than memory, and than what 32 bits can say. */
static int sparse(const char *path)
{
    struct stat stat;
    char bytes[8] = "";
    const off_t far = 6ll << 30;
    int file = open(path, O_RDWR | O_CREAT, 0666);
    if (file < 0 || pwrite(file, "far", 3, far) != 3 || pread(file, bytes, 8, far - 4) != 7 || fstat(file, &stat) != 0)
        return fail(path);
    printf("%lld %d%d%d%d%s\n", (long long)stat.st_size, bytes[0], bytes[1], bytes[2], bytes[3], bytes + 4);
    return 0;
}

/* Writes until there is no more room; then the file goes, and there is room again. */
static int fill(const char *path)
{
    static char block[1 << 16];
    for (int round = 0; round < 3; round++) {
        ssize_t size = 0;
        long long total = 0;
        int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
        while (file >= 0 && (size = write(file, block, sizeof block)) > 0)
            total += size;
        printf("%s, %s\n", strerror(errno), total > 1 << 20 ? "more than 1 MiB" : "too little");
        close(file);
        if (unlink(path) != 0)
            return fail(path);
    }
    return 0;
}

/* An open file outlives its name; a removed folder takes no more files. */
static int removed(void)
{
    char bytes[8] = "";
    int file = open("/tmp/gone", O_RDWR | O_CREAT, 0666);
    mkdir("/tmp/empty", 0777);
    int folder = open("/tmp/empty", O_RDONLY | O_DIRECTORY);
    unlink("/tmp/gone");
    rmdir("/tmp/empty");
    write(file, "still", 5);
    pread(file, bytes, 5, 0);
    printf("%s\n", bytes);
    return openat(folder, "new", O_WRONLY | O_CREAT, 0666) < 0 ? fail("new") : 0;
}

static unsigned hash_file(int file, off_t at, size_t size)
{
    static unsigned char bytes[1 << 16];
    unsigned hash = 2166136261u;
    ssize_t got = pread(file, bytes, size, at);
    for (ssize_t i = 0; i < got; i++)
        hash = (hash ^ bytes[i]) * 16777619u;
    return got < 0 ? 0 : hash;
}

/* What is at some places of a file, and what one byte that is written in its middle changes. */
static int sample(const char *path)
{
    unsigned number = 1, sum = 0;
    int file = open(path, O_RDWR);
    off_t size = lseek(file, 0, SEEK_END);
    if (file < 0 || size < 0)
        return fail(path);
    for (int i = 0; i < 200; i++) {
        number = number * 1664525 + 1013904223;
        unsigned hash = hash_file(file, (off_t)(number % (unsigned long long)size), number >> 8 & 0xffff);
        sum = sum * 31 + hash;
        if (!hash)
            return fail(path);
    }
    if (pwrite(file, "!", 1, size / 2) != 1)
        return fail(path);
    printf("%08x %08x\n", sum, hash_file(file, size / 2 - 100, 10000));
    return 0;
}

/* How much memory there is once a file has been read. */
static int grow(const char *path)
{
    static char block[1 << 16];
    ssize_t size;
    int file = open(path, O_RDONLY), pages = 0;
    while ((size = read(file, block, sizeof block)) > 0)
        continue;
    if (file < 0 || size < 0)
        return fail(path);
    while (__builtin_wasm_memory_grow(0, 16) != (size_t)-1)
        pages += 16;
    printf("%d MiB\n", pages / 16);
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "", *path = argc > 2 ? argv[2] : "/";
    if (strcmp(what, "list") == 0)
        return list(path);
    if (strcmp(what, "sample") == 0)
        return sample(path);
    if (strcmp(what, "grow") == 0)
        return grow(path);
    if (strcmp(what, "cat") == 0)
        return cat(path);
    if (strcmp(what, "write") == 0)
        return add(path, argv[3], O_TRUNC) || cat(path);
    if (strcmp(what, "append") == 0)
        return add(path, argv[3], O_APPEND) || cat(path);
    if (strcmp(what, "remove") == 0)
        return remove(path) ? fail(path) : list(argc > 3 ? argv[3] : "/");
    if (strcmp(what, "rename") == 0)
        return rename(path, argv[3]) ? fail(path) : list("/");
    if (strcmp(what, "many") == 0)
        return many(atoi(path));
    if (strcmp(what, "sparse") == 0)
        return sparse(path);
    if (strcmp(what, "fill") == 0)
        return fill(path);
    if (strcmp(what, "removed") == 0)
        return removed();
    return 2;
}
