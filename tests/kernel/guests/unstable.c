/* A program of wasi_unstable: what differs there from wasi_snapshot_preview1, and some of what does not. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define UNSTABLE(name) __attribute__((import_module("wasi_unstable"), import_name(#name))) uint32_t unstable_##name

UNSTABLE(path_open)(uint32_t, uint32_t, const char *, uint32_t, uint32_t, uint64_t, uint64_t, uint32_t, uint32_t *);
UNSTABLE(fd_write)(uint32_t, const void *, uint32_t, uint32_t *);
UNSTABLE(fd_seek)(uint32_t, int64_t, uint32_t, uint64_t *);
UNSTABLE(fd_filestat_get)(uint32_t, void *);
UNSTABLE(path_filestat_get)(uint32_t, uint32_t, const char *, uint32_t, void *);
UNSTABLE(poll_oneoff)(const void *, void *, uint32_t, uint32_t *);

enum { SEEK_FROM_HERE, SEEK_FROM_END, SEEK_FROM_START };

struct stat {
    uint64_t device, inode;
    uint8_t type;
    uint32_t links;
    uint64_t size, times[3], guard;
};

struct subscription {
    uint64_t userdata;
    uint8_t type;
    uint64_t identifier;
    uint32_t clock;
    uint64_t timeout, precision;
    uint16_t flags;
};

static void print_stat(uint32_t error, const struct stat *stat)
{
    printf("%u: type %d links %u size %llu %s\n", error, stat->type, stat->links, stat->size,
           stat->guard == 7 ? "whole" : "too long");
}

int main(void)
{
    const char *name = "tmp/file";
    const struct {
        const char *text;
        uint32_t size;
    } part = {"0123456789", 10};
    uint32_t file = 0, done;
    uint64_t end = 0, start = 1, here = 0;
    struct stat stat = {.guard = 7};
    printf("open %u\n", unstable_path_open(3, 0, name, strlen(name), 1, 0x200066, 0, 0, &file));
    unstable_fd_write(file, &part, 1, &done);
    unstable_fd_seek(file, 0, SEEK_FROM_START, &start);
    unstable_fd_seek(file, -3, SEEK_FROM_END, &end);
    unstable_fd_seek(file, 1, SEEK_FROM_HERE, &here);
    printf("%u written, at %llu, %llu, %llu, and %u\n", done, start, end, here, unstable_fd_seek(file, 0, 3, &here));
    print_stat(unstable_fd_filestat_get(file, &stat), &stat);
    print_stat(unstable_path_filestat_get(3, 0, name, strlen(name), &stat), &stat);
    struct subscription list[] = {{.userdata = 5, .clock = 1, .timeout = 0}, {.userdata = 6, .type = 9}};
    struct {
        uint64_t userdata;
        uint16_t error;
        uint8_t type;
        uint64_t bytes;
        uint16_t flags;
    } events[2];
    printf("poll %u", unstable_poll_oneoff(list, events, 2, &done));
    for (uint32_t i = 0; i < done; i++)
        printf(" %llu/%d/%d", events[i].userdata, events[i].type, events[i].error);
    printf("\n");
    return 0;
}
