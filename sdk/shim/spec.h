/* spec.h: what of a bundle's config.json the shim heeds (OCI runtime specification 1.0). */
#ifndef SHIM_SPEC_H
#define SHIM_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct spec_namespace {
    const char *type; /* "network", "pid", ... */
    const char *path; /* to join; NULL for a new one */
};

struct spec_mount {
    const char *destination, *type, *source;
    const char *const *options; /* NULL-terminated */
};

/* One of linux.sysctl likewise. */
struct spec_annotation {
    const char *name, *value;
};

/* Limits of linux.resources; 0: none. */
struct spec_resources {
    uint64_t memory; /* bytes */
    int64_t cpu_quota;
    uint64_t cpu_period; /* microseconds both */
    uint64_t cpu_shares;
    int64_t pids;
};

struct spec {
    struct arena arena;
    const char *const *args; /* NULL-terminated, as env; never NULL */
    const char *const *env;
    const char *cwd;
    const char *hostname;          /* or NULL */
    uint32_t user, group, *groups; /* numbers; the additional ones */
    size_t group_count;
    bool has_oom_score;
    int oom_score;
    bool root_readonly;
    const char *cgroups_path; /* or NULL */
    struct spec_resources resources;
    struct spec_namespace *namespaces; /* each array ends with a zero element */
    struct spec_mount *mounts;
    struct spec_annotation *annotations, *sysctls;
};

/* Reads config.json of a bundle. The caller frees. */
int spec_read(struct spec *spec, const char *bundle, struct err *err);
void spec_free(struct spec *spec);

/* Reads linux.resources by itself, as Update brings it. */
int spec_read_resources(struct spec_resources *resources, const char *json, size_t size, struct err *err);

const char *spec_annotation(const struct spec *spec, const char *name); /* NULL if there is none */
const struct spec_namespace *spec_find_namespace(const struct spec *spec, const char *type);

/* What the Kubernetes runtime interface says in its annotations: the container that is the pod's sandbox, and the
 * sandbox of another one, or NULL. */
bool spec_is_sandbox(const struct spec *spec);
const char *spec_sandbox_id(const struct spec *spec);

#endif
