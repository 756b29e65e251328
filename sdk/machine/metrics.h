/* metrics.h: the numbers that a kernel counts (mewz/metrics.h), read from the memory of the machine that it runs in.
 *
 * Whoever sends this process SIGUSR1 gets them on stderr, a line each: "tcp.segments_sent 1234". QEMU's monitor reads
 * them; the machine goes on meanwhile and notices nothing. */
#ifndef MACHINE_METRICS_H
#define MACHINE_METRICS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/elf.h"

struct metric {
    const char *name;
    uint64_t address; /* physical */
    unsigned size;    /* in bytes, 4 or 8 */
};

struct metrics {
    const struct metric *list;
    size_t count;
    unsigned interval; /* seconds after which this process sends itself the signal, again and again; 0: never */
};

/* What a kernel counts, in the order of its table; nothing where it has no table, or a damaged one. */
struct metrics metrics_find(const struct elf *elf, struct arena *arena);

/* A watch for the signal, and the answers on their way. All zeroes is one that has not begun. */
struct metrics_watch {
    const struct metrics *metrics;
    int monitor; /* QMP */
    bool asked;  /* answers are on their way */
    struct buf text;
    size_t answered;
    sigset_t outside; /* the signals that were blocked before */
    struct sigaction former;
    timer_t timer; /* where metrics->interval is not 0 */
};

/* To be called as early as possible: a signal that comes before the watch begins is remembered, and does not end this
 * process. Children have the signal's default action. */
void metrics_remember_signal(void);

/* From here on SIGUSR1 is blocked, but in a ppoll(2) with the mask `outside`. */
void metrics_watch_begin(struct metrics_watch *watch, const struct metrics *metrics, int monitor);
void metrics_watch_end(struct metrics_watch *watch);

/* Asks for the numbers if the signal has come. */
void metrics_watch_step(struct metrics_watch *watch);

/* To be called with every line from the monitor, which it changes. */
void metrics_watch_line(struct metrics_watch *watch, char *line);

#endif
