/* reference.h: counters of known frequency, by which the TSC is measured. */
#ifndef X86_64_REFERENCE_H
#define X86_64_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

struct reference {
    const char *name;
    uint64_t hz;
    uint32_t mask; /* the counter's bits: it wraps after the highest */
    uint32_t (*read)(void);
};

/* The best one that this machine has, found to be running, or NULL. */
const struct reference *reference_find(void);

#endif
