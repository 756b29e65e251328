/* cgroup.h: a container's control group, in the first version of the interface (a folder for each controller) and in
 * the second (one folder). */
#ifndef SHIM_CGROUP_H
#define SHIM_CGROUP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "shim/spec.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

struct cgroup {
    const char *root; /* CGROUP_ROOT; tests have one of their own */
    char *path;       /* below the root and each controller: "/kubepods/pod1/c1"; NULL: the container has none */
};

/* From linux.cgroupsPath: a path, or systemd's "slice:prefix:name". Both make the same folders. */
void cgroup_init(struct cgroup *cgroup, const char *root, const char *cgroups_path);
void cgroup_fini(struct cgroup *cgroup);

/* Makes the folders and sets the limits. */
int cgroup_create(const struct cgroup *cgroup, const struct spec_resources *resources, struct err *err);

/* Sets those limits that are not 0. */
int cgroup_limit(const struct cgroup *cgroup, const struct spec_resources *resources, struct err *err);

/* Moves a process into it. */
int cgroup_join(const struct cgroup *cgroup, pid_t pid, struct err *err);

/* The processes in it: how many, and the first `max` of them. */
size_t cgroup_pids(const struct cgroup *cgroup, pid_t *pids, size_t max);

/* How many of its processes the kernel has killed for want of memory. */
unsigned long cgroup_oom_kills(const struct cgroup *cgroup);

/* Kills what is left in it. */
void cgroup_kill(const struct cgroup *cgroup);

/* Removes the folders: false while there are processes in it. */
bool cgroup_remove(const struct cgroup *cgroup);

/* Appends containerd's metrics, as a serialised message of the type that it returns. */
const char *cgroup_metrics(const struct cgroup *cgroup, struct buf *out);

#endif
