/* child.h: QEMU as a child process, with a descriptor of this process at the other end of each of its own. */
#ifndef MACHINE_CHILD_H
#define MACHINE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "machine/arguments.h"

struct child {
    bool is_alone;                /* signals for this process's group, as a terminal sends, shall not reach QEMU */
    pid_t pid;                    /* 0 before child_start and after child_wait */
    int theirs[MACHINE_FD_COUNT]; /* what QEMU gets, until it has started; -1 for none */
    int ours[MACHINE_FD_COUNT];   /* our ends; -1 for none */
};

/* Makes the channels. `config` are the bytes for MACHINE_FD_CONFIG, NULL for none; `tap` is the descriptor for
 * MACHINE_FD_TAP, which is duplicated, or -1. child_close is due even after a failure. */
int child_open(struct child *child, const struct buf *config, int tap, struct err *err);

/* Gives the child a descriptor under that number; it is this module's from now on, even if that fails. */
int child_give(struct child *child, int number, int fd, struct err *err);

/* Starts arguments[0], found on PATH. It dies with this process, in whatever way that ends. */
int child_start(struct child *child, const char *const arguments[], struct err *err);

/* Waits for the end; the status is that of waitpid(2). */
int child_wait(struct child *child);

/* Kills the child if it still runs, and closes what is open. */
void child_close(struct child *child);

#endif
