/* err.h: how the tools report what went wrong.
 *
 * A function that can fail takes a trailing `struct err *err`, returns 0 or -1 (or a pointer or NULL), and says why
 * with err_set. The first error wins: a later err_set on an error that is already set changes nothing, so that
 * clean-up code may fail freely. Callers add context with err_prefix. Only main prints and exits. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>

/* Exit statuses of the tools (mewz-cc(1), EXIT STATUS). */
enum exit_status {
    EXIT_OK = 0,
    EXIT_FAILED = 1, /* bad input, a missing tool, a full disk */
    EXIT_USAGE = 2,  /* a wrong command line */
    EXIT_PANIC = 70, /* the machine under `run` ended without the program's exit code */
};

struct err {
    bool set;
    enum exit_status status;
    char text[1024]; /* one line, no newline at the end */
};

/* Sets the error with status EXIT_FAILED, or the given one. Always returns -1, so that `return err_set(...)` reads
 * well. */
int err_set(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
int err_set_status(struct err *err, enum exit_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with ": " and the text of errno at the end. */
int err_set_errno(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "text: " in front of an error that is set. */
void err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts a hint behind an error that is set. */
void err_append(struct err *err, const char *hint);

/* Puts a name that users know in the place of a temporary one, where the text of an error that is set has it. */
void err_replace(struct err *err, const char *temporary, const char *known);

#endif
