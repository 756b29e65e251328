/* What a program does with a folder that is the host's, or on a disk (tests/disk). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("line %d: not so: %s (%s)\n", __LINE__, #condition, strerror(errno));                               \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static const char *folder;

static const char *path(const char *name)
{
    static char paths[4][512];
    static unsigned turn;
    char *text = paths[turn++ % 4];
    snprintf(text, sizeof paths[0], "%s/%s", folder, name);
    return text;
}

static void write_file(const char *name, const char *text)
{
    int fd = open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && fsync(fd) == 0 && close(fd) == 0);
}

static int count_entries(const char *name)
{
    DIR *dir = opendir(path(name));
    int count = 0;
    CHECK(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static void use_names(void)
{
    struct stat status;
    char name[64], target[16];
    CHECK(mkdir(path("folder"), 0777) == 0 && mkdir(path("folder"), 0777) == -1 && errno == EEXIST);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "folder/%d", i);
        write_file(name, name);
    }
    CHECK(count_entries("folder") == 302);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "folder/%d", i);
        CHECK(stat(path(name), &status) == 0 && status.st_size == (off_t)strlen(name) && unlink(path(name)) == 0);
    }
    CHECK(count_entries("folder") == 2 && stat(path("folder/1"), &status) == -1 && errno == ENOENT);
    CHECK(symlink("folder", path("link")) == 0 && readlink(path("link"), target, sizeof target) == 6);
    CHECK(stat(path("link"), &status) == 0 && S_ISDIR(status.st_mode) && rmdir(path("link")) == -1);
    write_file("link/file", "through a link");
    CHECK(rename(path("link/file"), path("file")) == 0 && rmdir(path("folder")) == 0 && unlink(path("link")) == 0);
    CHECK(link(path("file"), path("again")) == 0 && stat(path("file"), &status) == 0 && status.st_nlink == 2);
    CHECK(unlink(path("again")) == 0 && access(path("again"), F_OK) == -1);
}

static void use_contents(void)
{
    enum { SIZE = 1 << 20 };
    unsigned char *bytes = malloc(SIZE), *back = malloc(SIZE);
    struct stat status;
    for (int i = 0; i < SIZE; i++)
        bytes[i] = (unsigned char)(i * 31 + i / 4096);
    int fd = open(path("large"), O_RDWR | O_CREAT | O_TRUNC, 0666);
    CHECK(fd >= 0 && write(fd, bytes, SIZE) == SIZE && pwrite(fd, "end", 3, 3 * SIZE + 5) == 3);
    CHECK(fstat(fd, &status) == 0 && status.st_size == 3 * SIZE + 8);
    CHECK(pread(fd, back, SIZE, 0) == SIZE && memcmp(bytes, back, SIZE) == 0);
    CHECK(pread(fd, back, 100, 3 * SIZE) == 8 && back[0] == 0 && memcmp(back + 5, "end", 3) == 0);
    CHECK(pwrite(fd, bytes, 5000, 777) == 5000 && pread(fd, back, 5000, 777) == 5000 && memcmp(bytes, back, 5000) == 0);
    CHECK(ftruncate(fd, 100) == 0 && ftruncate(fd, 200) == 0 && pread(fd, back, 300, 0) == 200 && back[150] == 0);
    CHECK(posix_fallocate(fd, 0, SIZE) == 0 && fstat(fd, &status) == 0 && status.st_size == SIZE);
    CHECK(unlink(path("large")) == 0 && pread(fd, back, 10, 0) == 10 && memcmp(bytes, back, 10) == 0);
    CHECK(fsync(fd) == 0 && close(fd) == 0);
    struct timespec times[2] = {{1000000000, 5000}, {1500000000, 7000}};
    CHECK(utimensat(AT_FDCWD, path("file"), times, 0) == 0 && stat(path("file"), &status) == 0);
    CHECK(status.st_mtim.tv_sec == 1500000000 && status.st_mtim.tv_nsec == 7000);
}

static void expect_read_only(int result)
{
    CHECK(result == -1 && errno == EROFS);
}

static void refused(void)
{
    struct stat status;
    CHECK(stat(path("file"), &status) == 0 && count_entries(".") >= 3);
    expect_read_only(open(path("file"), O_WRONLY));
    expect_read_only(open(path("new"), O_WRONLY | O_CREAT, 0666));
    expect_read_only(mkdir(path("new"), 0777));
    expect_read_only(unlink(path("file")));
    expect_read_only(rename(path("file"), path("new")));
    expect_read_only(symlink("x", path("new")));
}

/* Reads until it fails, and says why; then everything fails like that. */
static void read_until_error(void)
{
    char byte;
    int fd = open(path("file"), O_RDONLY);
    CHECK(fd >= 0);
    puts("reading");
    fflush(stdout);
    while (pread(fd, &byte, 1, 0) == 1)
        ;
    printf("read: %s\n", strerror(errno));
    printf("open: %s\n", open(path("other"), O_RDONLY | O_CREAT, 0666) == -1 ? strerror(errno) : "done");
    printf("mkdir: %s\n", mkdir(path("folder"), 0777) == -1 ? strerror(errno) : "done");
    close(fd);
}

/* Says each record's number when it has been synced, for ever. */
static void append(void)
{
    int fd = open(path("records"), O_WRONLY | O_CREAT | O_APPEND, 0666);
    CHECK(fd >= 0);
    for (int i = 0;; i++) {
        char record[32];
        int size = snprintf(record, sizeof record, "record %d\n", i);
        CHECK(write(fd, record, (size_t)size) == size && fsync(fd) == 0);
        printf("%d\n", i);
        fflush(stdout);
    }
}

/* Writes until that fails, and says why. */
static void fill(void)
{
    static char bytes[65536];
    int fd = open(path("filling"), O_WRONLY | O_CREAT, 0666);
    CHECK(fd >= 0);
    while (write(fd, bytes, sizeof bytes) > 0)
        ;
    printf("write: %s\n", strerror(errno));
    printf("fsync: %s\n", fsync(fd) == -1 ? strerror(errno) : "done");
    close(fd);
    printf("unlink: %s\n", unlink(path("filling")) == -1 ? strerror(errno) : "done");
}

/* So many files in one folder: made, found, some renamed and made again, removed but for the first. */
static void use_many(int count)
{
    struct stat status;
    char name[64], other[64];
    CHECK(mkdir(path("many"), 0777) == 0 || errno == EEXIST);
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "many/file-%d", i);
        int fd = open(path(name), O_WRONLY | O_CREAT | O_EXCL, 0666);
        CHECK(fd >= 0 && close(fd) == 0);
    }
    CHECK(count_entries("many") >= count + 2);
    for (int i = 0; i < count; i += 7) {
        snprintf(name, sizeof name, "many/file-%d", i);
        snprintf(other, sizeof other, "many/another name %d", i);
        CHECK(stat(path(name), &status) == 0 && rename(path(name), path(other)) == 0);
        CHECK(stat(path(name), &status) == -1 && errno == ENOENT && stat(path(other), &status) == 0);
        CHECK(rename(path(other), path(name)) == 0);
    }
    for (int i = 1; i < count; i++) {
        snprintf(name, sizeof name, "many/file-%d", i);
        CHECK(unlink(path(name)) == 0);
    }
    CHECK(stat(path("many/file-0"), &status) == 0);
    printf("%d files\n", count);
}

/* Changes what nobody syncs, and waits, for time or for stdin. */
static void wait_unsynced(bool for_time)
{
    int fd = open(path("unsynced"), O_WRONLY | O_CREAT, 0666);
    CHECK(fd >= 0 && write(fd, "written", 7) == 7 && close(fd) == 0);
    puts("waiting");
    fflush(stdout);
    if (for_time)
        sleep(3600);
    else
        CHECK(getchar() == 'x');
}

static void show(const char *name)
{
    char text[256];
    int fd = open(path(name), O_RDONLY);
    ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (got < 0)
        printf("%s\n", strerror(errno));
    else
        fwrite(text, 1, (size_t)got, stdout);
}

static void show_contents(int fd)
{
    char text[256];
    ssize_t got = fd < 0 ? -1 : pread(fd, text, sizeof text, 0);
    if (got < 0)
        puts(strerror(errno));
    else
        printf("[%.*s]\n", (int)got, text);
}

/* Has a file open, and does with it what the lines of stdin say; a line for each. */
static void follow(const char *name)
{
    char line[128];
    int file = open(path(name), O_RDONLY), end = open(path(name), O_WRONLY | O_APPEND), again;
    CHECK(file >= 0 && end >= 0);
    puts("open");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (strcmp(line, "read\n") == 0) {
            show_contents(file);
        } else if (strcmp(line, "open\n") == 0) {
            again = open(path(name), O_RDONLY);
            show_contents(again);
            close(again);
        } else {
            size_t size = strlen(line) - 1;
            CHECK(write(end, line, size) == (ssize_t)size);
            puts("appended");
        }
        fflush(stdout);
    }
}

/* Prints the contents whenever they are others, until they are the last ones. */
static void watch(const char *name, const char *last)
{
    char seen[128] = "", text[128];
    while (strcmp(seen, last) != 0) {
        int fd = open(path(name), O_RDONLY);
        CHECK(fd >= 0);
        ssize_t size = read(fd, text, sizeof text - 1);
        CHECK(size >= 0 && close(fd) == 0);
        text[size] = 0;
        if (strcmp(text, seen) != 0) {
            puts(text);
            fflush(stdout);
        }
        strcpy(seen, text);
        usleep(20000);
    }
}

/* The checksum of sum(1), by which whoever reads a large file in order can be told. */
static void sum(const char *name)
{
    static unsigned char bytes[10000];
    unsigned checksum = 0;
    ssize_t got;
    int fd = open(path(name), O_RDONLY);
    CHECK(fd >= 0);
    while ((got = read(fd, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < got; i++)
            checksum = ((checksum >> 1 | checksum << 15) + bytes[i]) & 0xffff;
    CHECK(got == 0 && close(fd) == 0);
    printf("%05u\n", checksum);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 3);
    folder = argv[2];
    const char *what = argv[1];
    if (strcmp(what, "use") == 0) {
        use_names();
        use_contents();
        puts("used");
    } else if (strcmp(what, "write") == 0) {
        write_file(argv[3], argv[4]);
    } else if (strcmp(what, "show") == 0) {
        show(argv[3]);
    } else if (strcmp(what, "follow") == 0) {
        follow(argv[3]);
    } else if (strcmp(what, "watch") == 0) {
        watch(argv[3], argv[4]);
    } else if (strcmp(what, "sum") == 0) {
        sum(argv[3]);
    } else if (strcmp(what, "refused") == 0) {
        refused();
        puts("refused");
    } else if (strcmp(what, "read") == 0) {
        read_until_error();
    } else if (strcmp(what, "append") == 0) {
        append();
    } else if (strcmp(what, "many") == 0) {
        use_many(atoi(argv[3]));
    } else if (strcmp(what, "wait") == 0) {
        wait_unsynced(argc == 3);
    } else if (strcmp(what, "fill") == 0) {
        fill();
    }
    return 0;
}
