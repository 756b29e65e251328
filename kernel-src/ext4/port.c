/* port.c: what libext2fs calls of ours, beside blocks (io.c) and checksums (crc32c.c). */
#include <stdlib.h>
#include <string.h>

#include "arch/x86_64/time.h"
#include "ext4/volume.h"
#include "panic.h"

struct heap ext4_heap;

/* --- memory --- */

/* In front of what the library gets: realloc has to know. */
struct header {
    size_t size;
    size_t padding;
};

void *malloc(size_t size)
{
    struct header *header = size < SIZE_MAX - sizeof *header ? heap_alloc(&ext4_heap, sizeof *header + size) : NULL;
    if (!header)
        return NULL;
    header->size = size;
    return header + 1;
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    void *memory = __builtin_mul_overflow(count, size, &bytes) ? NULL : malloc(bytes);
    return memory ? memset(memory, 0, bytes) : NULL;
}

void free(void *memory)
{
    if (memory)
        heap_free(&ext4_heap, (struct header *)memory - 1);
}

void *realloc(void *memory, size_t size)
{
    void *moved = malloc(size);
    if (!moved || !memory)
        return moved;
    size_t old = ((struct header *)memory)[-1].size;
    memcpy(moved, memory, old < size ? old : size);
    free(memory);
    return moved;
}

/* --- strings --- */

char *strcpy(char *to, const char *from)
{
    return memcpy(to, from, strlen(from) + 1);
}

char *strncpy(char *to, const char *from, size_t size)
{
    size_t length = 0;
    while (length < size && from[length])
        length++;
    memcpy(to, from, length);
    memset(to + length, 0, size - length);
    return to;
}

char *strcat(char *to, const char *from)
{
    memcpy(to + strlen(to), from, strlen(from) + 1);
    return to;
}

char *strchr(const char *text, int c)
{
    for (; *text != (char)c; text++)
        if (*text == 0)
            return NULL;
    return (char *)(uintptr_t)text;
}

/* --- the rest --- */

time_t time(time_t *now)
{
    time_t seconds = (time_t)(time_wall() / 1000000000u);
    if (now)
        *now = seconds;
    return seconds;
}

int gettimeofday(struct timeval *now, void *zone)
{
    (void)zone;
    uint64_t wall = time_wall();
    *now = (struct timeval){(time_t)(wall / 1000000000u), (suseconds_t)(wall % 1000000000u / 1000)};
    return 0;
}

char *getenv(const char *name)
{
    (void)name; /* the library's environment is empty */
    return NULL;
}

unsigned long strtoul(const char *text, char **end, int base)
{
    (void)text, (void)end, (void)base; /* for values of environment variables */
    return 0;
}

/* By insertion: what the library sorts are the attributes of one file. */
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    char *bytes = base;
    for (size_t i = 1; i < count; i++)
        for (size_t at = i; at > 0 && compare(bytes + (at - 1) * size, bytes + at * size) > 0; at--)
            for (size_t k = 0; k < size; k++) {
                char byte = bytes[at * size + k];
                bytes[at * size + k] = bytes[(at - 1) * size + k];
                bytes[(at - 1) * size + k] = byte;
            }
}

void abort(void)
{
    panic("ext4", "libext2fs found its own state broken");
}
