/* cgroup_files.h: what cgroup.c and cgroup_metrics.c share. */
#ifndef SHIM_CGROUP_FILES_H
#define SHIM_CGROUP_FILES_H

#include <limits.h>
#include <stdarg.h>

#include "shim/cgroup.h"

/* Whether the root is one of the second version. */
bool cgroup_is_unified(const struct cgroup *cgroup);

/* Where a file of the container's is; `controller` matters for the first version. */
void cgroup_file_path(const struct cgroup *cgroup, const char *controller, const char *file, char path[PATH_MAX]);

#endif
