/* rates.c: how many operations on files a second in each of the folders that it is given (ARGV), each operation for
 * half a second of the program's own clock: a line each, and `done` in the end. A folder that has the files already is
 * only read. */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 1000, LARGE = 8 << 20, BLOCK = 64 << 10 };

static const char *place;
static int large, small;
static char block[BLOCK];
static unsigned turn;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void check(int good)
{
    if (!good) {
        perror(place);
        exit(1);
    }
}

/* Good until the next call. */
static const char *path(const char *rest)
{
    static char text[128];
    snprintf(text, sizeof text, "%s/%s", place, rest);
    return text;
}

static const char *name(unsigned number)
{
    char text[64];
    snprintf(text, sizeof text, "folder/file-%u", number % FILES);
    return path(text);
}

static void open_close(void)
{
    int file = open(name(turn++), O_RDONLY);
    check(file >= 0 && close(file) == 0);
}

static void stat_file(void)
{
    struct stat result;
    check(stat(name(turn++), &result) == 0);
}

static void list_folder(void)
{
    unsigned count = 0;
    DIR *folder = opendir(path("folder"));
    check(folder != NULL);
    while (readdir(folder))
        count++;
    check(count == FILES + 2 && closedir(folder) == 0);
}

static void create_remove(void)
{
    int file = open(path("new"), O_WRONLY | O_CREAT | O_EXCL, 0666);
    check(file >= 0 && close(file) == 0 && unlink(path("new")) == 0);
}

static void read_small(void)
{
    check(pread(small, block, 100, 0) == 100);
}

static void write_small(void)
{
    check(pwrite(small, block, 100, 0) == 100);
}

static void read_random(void)
{
    turn = turn * 1664525 + 1013904223;
    check(pread(large, block, 4096, (off_t)(turn % (LARGE - 4096))) == 4096);
}

static void read_block(void)
{
    check(pread(large, block, BLOCK, (off_t)(turn++ % (LARGE / BLOCK)) * BLOCK) == BLOCK);
}

static void write_block(void)
{
    check(pwrite(large, block, BLOCK, (off_t)(turn++ % (LARGE / BLOCK)) * BLOCK) == BLOCK);
}

static void write_synced(void)
{
    check(pwrite(small, block, 100, 0) == 100 && fsync(small) == 0);
}

static const struct operation {
    const char *name;
    void (*once)(void);
    bool changes;
} operations[] = {
    {"open+close", open_close, false},         {"stat", stat_file, false},
    {"list 1000", list_folder, false},         {"read 100 B", read_small, false},
    {"random 4 KiB read", read_random, false}, {"64 KiB read", read_block, false},
    {"create+remove", create_remove, true},    {"write 100 B", write_small, true},
    {"64 KiB write", write_block, true},       {"write 100 B, fsync", write_synced, true},
};

static bool has_files(void)
{
    struct stat result;
    return stat(path("folder"), &result) == 0;
}

static void make_files(void)
{
    check(mkdir(path("folder"), 0777) == 0);
    for (unsigned i = 0; i < FILES; i++) {
        int file = open(name(i), O_WRONLY | O_CREAT, 0666);
        check(file >= 0 && write(file, "some bytes", 10) == 10 && close(file) == 0);
    }
}

static void open_parts(bool change)
{
    int flags = change ? O_RDWR | O_CREAT : O_RDONLY;
    small = open(path("small"), flags, 0666);
    large = open(path("large"), flags, 0666);
    check(small >= 0 && large >= 0);
    if (!change)
        return;
    for (unsigned i = 0; i < LARGE / BLOCK; i++)
        write_block();
    write_small();
}

static double rate(void (*once)(void))
{
    unsigned count = 0;
    double start = now(), end;
    do {
        for (int i = 0; i < 10; i++, count++)
            once();
    } while ((end = now()) < start + 0.5);
    return count / (end - start);
}

static void measure(void)
{
    bool change = !has_files();
    if (change)
        make_files();
    turn = 0;
    open_parts(change);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (change || !operations[i].changes)
            printf("rate\t%s\t%s\t%.0f\n", place, operations[i].name, rate(operations[i].once));
    check(close(small) == 0 && close(large) == 0);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        place = argv[i];
        measure();
    }
    puts("done");
    return 0;
}
