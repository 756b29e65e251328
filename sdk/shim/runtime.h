/* runtime.h: the OCI runtime for ordinary containers, runc or crun, by its command line. */
#ifndef SHIM_RUNTIME_H
#define SHIM_RUNTIME_H

#include <sys/types.h>

#include "base/err.h"

/* Where the runtimes keep what they know of their containers, a folder for each of containerd's namespaces. */
#define RUNTIME_ROOT "/run/mewz/linux"

struct runtime {
    const char *program;
    char *root;
    char *id;
};

/* Finds the runtime on PATH for the container `id`. */
int runtime_open(struct runtime *runtime, const char *namespace, const char *id, struct err *err);
void runtime_close(struct runtime *runtime);

/* Creates the container of a bundle, with this process's standard streams; *pid is its first process, which waits. */
int runtime_create(const struct runtime *runtime, const char *bundle, pid_t *pid, struct err *err);

/* "start", "pause", "resume". */
int runtime_do(const struct runtime *runtime, const char *verb, struct err *err);

/* Kills and forgets it, also if there is nothing to. */
int runtime_delete(const struct runtime *runtime, struct err *err);

#endif
