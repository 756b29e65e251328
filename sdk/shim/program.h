/* program.h: what a container is to run, and how it becomes a kernel. */
#ifndef SHIM_PROGRAM_H
#define SHIM_PROGRAM_H

#include "base/err.h"
#include "shim/spec.h"

enum program_kind {
    PROGRAM_WASM,   /* a module, to be compiled and linked */
    PROGRAM_KERNEL, /* linked already */
    PROGRAM_LINUX,  /* anything else: an ordinary container's */
};

struct program {
    enum program_kind kind;
    int fd;     /* open for reading */
    char *path; /* on the host, for messages */
};

/* Finds the program, args[0], in the bundle's root file system, which is mounted; a name without a slash along PATH,
 * and in the working folder. Links that lead out of it lead nowhere. */
int program_find(struct program *program, const struct spec *spec, const char *bundle, struct err *err);
void program_close(struct program *program);

/* The kernel to boot for a program of the first two kinds: the path of a file on the heap that every user can read. A
 * module is compiled by `mewz-cc build` (with `cpu`, or NULL), once: what came of it is kept in the cache by content,
 * SDK and options. */
char *program_kernel(const struct program *program, const char *cpu, struct err *err);

#endif
