/* metrics.h: numbers that the kernel counts and the host reads.
 *
 * The kernel only counts. The executable has a table that says where each number lies and what it is called, and
 * whoever runs the machine reads them out of its memory (`mewz-cc run`, on SIGUSR1). So neither kernel nor program
 * takes part, a machine that computes or hangs can be asked as well, and a part of the kernel that is not linked has no
 * numbers. */
#ifndef MEWZ_METRICS_H
#define MEWZ_METRICS_H

#include <stdint.h>

/* A row of the table, which lies between the symbols mewz_metrics_start and mewz_metrics_end. */
struct mewz_metric {
    uint64_t name;  /* the address of the name, with its zero: "net.frames_received" */
    uint64_t value; /* the address of the number, little-endian */
    uint64_t size;  /* of the number in bytes: 4 or 8 */
};
_Static_assert(sizeof(struct mewz_metric) == 24, "the table is read on another machine");

/* Gives an object of static storage a row; `id` makes the row's own name unique in its file. */
#define MEWZ_METRIC(id, label, object)                                                                                 \
    _Static_assert(sizeof(object) == 4 || sizeof(object) == 8, "a number of 4 or 8 bytes");                            \
    static const struct {                                                                                              \
        const char *name;                                                                                              \
        const void *value;                                                                                             \
        uint64_t size;                                                                                                 \
    } metric_##id __attribute__((used, section(".mewz.metrics"))) = {(label), &(object), sizeof(object)}

#endif
