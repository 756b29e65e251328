/* libc.h: the part of C's library that libext2fs uses (ext4/port.c, rt/text.c, rt/mem.S), and what its headers
 * mention.
 *
 * The headers beside this one are nothing but this one, under the names that the library includes. */
#ifndef EXT4_LIB_LIBC_H
#define EXT4_LIB_LIBC_H

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

typedef long ssize_t, off_t, time_t, suseconds_t;
typedef unsigned mode_t;
typedef int pid_t;
typedef unsigned long dev_t;
typedef struct file FILE; /* of functions that print and that nobody calls */
struct timeval {
    time_t tv_sec;
    suseconds_t tv_usec;
};

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
char *strcpy(char *to, const char *from);
char *strncpy(char *to, const char *from, size_t size);
char *strchr(const char *text, int c);
char *strcat(char *to, const char *from);
char *strrchr(const char *text, int c);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void free(void *memory);
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));

_Noreturn void abort(void);
time_t time(time_t *now);
char *getenv(const char *name);
unsigned long strtoul(const char *text, char **end, int base);
int gettimeofday(struct timeval *now, void *zone);
int fprintf(FILE *file, const char *format, ...);
int printf(const char *format, ...);
extern FILE *stderr, *stdout;

#define S_ISBLK(mode) (((mode) & 0170000) == 0060000)
#define S_ISCHR(mode) (((mode) & 0170000) == 0020000)

#define assert(condition) ((void)0) /* what the library asserts it also checks */

enum {
    EIO = 5,
    ENOENT = 2,
    ENOMEM = 12,
    EEXIST = 17,
    ENOTDIR = 20,
    EINVAL = 22,
    ENOTTY = 25,
    EFBIG = 27,
    ENOSPC = 28,
    ERANGE = 34,
    ENAMETOOLONG = 36,
    EOVERFLOW = 75,
    EUCLEAN = 117,
};

#endif
