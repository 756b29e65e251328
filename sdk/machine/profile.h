/* profile.h: the table of samples of a kernel that takes them (mewz/profile.h), fetched from its machine's memory.
 *
 * That happens when the program has ended, or when SIGINT, SIGTERM or SIGHUP asks this process to end: then the table
 * comes first, and the machine's end afterwards. */
#ifndef MACHINE_PROFILE_H
#define MACHINE_PROFILE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/elf.h"
#include "base/err.h"

/* Where the table lies, and what was fetched of it. All zeroes where none is wanted. */
struct profile {
    uint64_t address, size; /* physical */
    int fd;                 /* a file without a name that gets it */
};

/* Finds the table of a kernel and makes the file, which profile_close closes. */
int profile_open(struct profile *profile, const struct elf *kernel, const char *path, struct err *err);
void profile_close(struct profile *profile);

/* A watch for the end of a machine. All zeroes is one that has not begun. */
struct profile_watch {
    const struct profile *profile; /* NULL: nothing is wanted */
    int monitor;                   /* QMP */
    bool asked;
    struct sigaction former[3];
};

/* From here on these signals are to be blocked but in a ppoll(2), and are noted instead of ending this process. */
void profile_watch_begin(struct profile_watch *watch, const struct profile *profile, int monitor);
void profile_watch_end(struct profile_watch *watch);

/* Fetches the table and ends the machine if the program `has_ended`, or such a signal has come. */
void profile_watch_step(struct profile_watch *watch, bool has_ended);

/* The signal that has come, or 0. */
int profile_signal(void);

#endif
