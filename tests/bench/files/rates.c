/* rates.c: how many operations on files a second, each for half a second of the program's own clock: a line each. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 1000, LARGE = 16 << 20, BLOCK = 64 << 10 };

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
        perror("rates");
        exit(1);
    }
}

static const char *name(unsigned number)
{
    static char text[64];
    snprintf(text, sizeof text, "/bench/folder/file-%u", number % FILES);
    return text;
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
    DIR *folder = opendir("/bench/folder");
    check(folder != NULL);
    while (readdir(folder))
        count++;
    check(count == FILES + 2 && closedir(folder) == 0);
}

static void create_remove(void)
{
    int file = open("/bench/new", O_WRONLY | O_CREAT | O_EXCL, 0666);
    check(file >= 0 && close(file) == 0 && unlink("/bench/new") == 0);
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

static const struct {
    const char *name;
    void (*once)(void);
} operations[] = {
    {"open+close", open_close},         {"stat", stat_file},         {"list 1000", list_folder},
    {"create+remove", create_remove},   {"read 100 B", read_small},  {"write 100 B", write_small},
    {"random 4 KiB read", read_random}, {"64 KiB read", read_block}, {"64 KiB write", write_block},
};

static void prepare(void)
{
    check(mkdir("/bench", 0777) == 0 && mkdir("/bench/folder", 0777) == 0);
    for (unsigned i = 0; i < FILES; i++) {
        int file = open(name(i), O_WRONLY | O_CREAT, 0666);
        check(file >= 0 && write(file, "some bytes", 10) == 10 && close(file) == 0);
    }
    small = open("/bench/small", O_RDWR | O_CREAT, 0666);
    large = open("/bench/large", O_RDWR | O_CREAT, 0666);
    for (unsigned i = 0; i < LARGE / BLOCK; i++)
        write_block();
    write_small();
}

int main(void)
{
    prepare();
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        unsigned count = 0;
        double start = now(), end;
        do {
            for (int j = 0; j < 10; j++, count++)
                operations[i].once();
        } while ((end = now()) < start + 0.5);
        printf("rate\t%s\t%.0f\n", operations[i].name, count / (end - start));
    }
    return 0;
}
