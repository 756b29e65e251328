/* posix.h: what the applications ask of POSIX and wasi-libc does not have. Included in front of each of their files.
 *
 * WASI has no owners, permissions, users or file locks; a program that asks for them gets the answer of a system
 * where nobody is anybody. */
#ifndef POSIX_H
#define POSIX_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static inline int fchmod(int fd, mode_t mode)
{
    (void)fd, (void)mode;
    return 0;
}

static inline int chmod(const char *path, mode_t mode)
{
    (void)path, (void)mode;
    return 0;
}

static inline int fchown(int fd, uid_t owner, gid_t group)
{
    (void)fd, (void)owner, (void)group;
    return 0;
}

static inline int chown(const char *path, uid_t owner, gid_t group)
{
    (void)path, (void)owner, (void)group;
    return 0;
}

static inline uid_t geteuid(void)
{
    return 0;
}

static inline uid_t getuid(void)
{
    return 0;
}

static inline mode_t umask(mode_t mask)
{
    (void)mask;
    return 022;
}

static inline int mkstemp(char *pattern)
{
    (void)pattern;
    errno = ENOSYS;
    return -1;
}

/* Locks on files: the only program of a machine always gets them. The numbers are Linux's. */
#define F_GETLK  5
#define F_SETLK  6
#define F_SETLKW 7
#define F_RDLCK  0
#define F_WRLCK  1
#define F_UNLCK  2

static inline int posix_fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    int result = 0;
    if (command == F_GETLK)
        va_arg(arguments, struct flock *)->l_type = F_UNLCK;
    else if (command != F_SETLK && command != F_SETLKW)
        result = fcntl(fd, command, va_arg(arguments, int));
    va_end(arguments);
    return result;
}
#define fcntl posix_fcntl

/* There is no place for temporary files. */
static inline FILE *no_temporary_file(void)
{
    errno = ENOSYS;
    return NULL;
}
#define tmpfile no_temporary_file

/* Nor are there other programs. */
static inline int no_system(const char *command)
{
    (void)command;
    errno = ENOSYS;
    return -1;
}
#define system no_system

#endif
