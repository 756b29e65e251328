/* annotations.h: what `dev.mewz.*` annotations ask for; docs/containers.md lists them. */
#ifndef SHIM_ANNOTATIONS_H
#define SHIM_ANNOTATIONS_H

#include "shim/spec.h"

struct annotations {
    uint64_t memory;             /* bytes; 0: none is asked for */
    const char *cpu;             /* the processor that a module is compiled for, or NULL */
    bool stop_by_stdin;          /* SIGTERM ends the program's input first, instead of the program */
    const char *const *settings; /* of mewz/config.h, NULL-terminated */
};

/* Refuses unknown ones, and values that are not of their form. */
int annotations_read(struct annotations *annotations, const struct spec *spec, struct arena *arena, struct err *err);

#endif
