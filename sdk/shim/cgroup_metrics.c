/* cgroup_metrics.c: the figures that containerd shows and Kubernetes collects (kernel documentation, cgroup-v1 and
 * cgroup-v2). A file that is missing gives zeros. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics_v1.pb-c.h"
#include "metrics_v2.pb-c.h"
#include "shim/cgroup_files.h"
#include "shim/message.h"

/* Reads a file of one number; "max" is the largest. */
static uint64_t read_number(const struct cgroup *cgroup, const char *controller, const char *name)
{
    char path[PATH_MAX], line[64] = "0";
    cgroup_file_path(cgroup, controller, name, path);
    FILE *file = fopen(path, "re");
    if (file && !fgets(line, sizeof line, file))
        line[0] = '0';
    if (file)
        fclose(file);
    return strncmp(line, "max", 3) == 0 ? UINT64_MAX : strtoull(line, NULL, 10);
}

/* Which line of a file goes where in a message. */
struct field {
    const char *name;
    size_t offset;
};

/* Reads a file of lines `name number` into the fields of `message`. */
static void read_fields(const struct cgroup *cgroup, const char *controller, const char *name,
                        const struct field *fields, void *message)
{
    char path[PATH_MAX], line[128];
    cgroup_file_path(cgroup, controller, name, path);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        char *value = strchr(line, ' ');
        if (!value)
            continue;
        *value++ = 0;
        for (const struct field *field = fields; field->name; field++)
            if (strcmp(field->name, line) == 0)
                *(uint64_t *)((char *)message + field->offset) = strtoull(value, NULL, 10);
    }
    if (file)
        fclose(file);
}

static uint64_t read_field(const struct cgroup *cgroup, const char *controller, const char *name, const char *field)
{
    uint64_t value = 0;
    read_fields(cgroup, controller, name, (const struct field[]){{field, 0}, {NULL, 0}}, &value);
    return value;
}

unsigned long cgroup_oom_kills(const struct cgroup *cgroup)
{
    if (!cgroup->path)
        return 0;
    return (unsigned long)(cgroup_is_unified(cgroup) ? read_field(cgroup, "", "memory.events", "oom_kill")
                                                     : read_field(cgroup, "memory", "memory.oom_control", "oom_kill"));
}

/* --- the first version --- */

typedef Io__Containerd__Cgroups__V1__MemoryStat memory_v1;
typedef Io__Containerd__Cgroups__V1__Throttle throttle_v1;

static const struct field memory_v1_fields[] = {
    {"cache", offsetof(memory_v1, cache)},
    {"rss", offsetof(memory_v1, rss)},
    {"rss_huge", offsetof(memory_v1, rss_huge)},
    {"mapped_file", offsetof(memory_v1, mapped_file)},
    {"pgfault", offsetof(memory_v1, pg_fault)},
    {"pgmajfault", offsetof(memory_v1, pg_maj_fault)},
    {"inactive_anon", offsetof(memory_v1, inactive_anon)},
    {"active_anon", offsetof(memory_v1, active_anon)},
    {"inactive_file", offsetof(memory_v1, inactive_file)},
    {"active_file", offsetof(memory_v1, active_file)},
    {"hierarchical_memory_limit", offsetof(memory_v1, hierarchical_memory_limit)},
    {"total_cache", offsetof(memory_v1, total_cache)},
    {"total_rss", offsetof(memory_v1, total_rss)},
    {"total_inactive_file", offsetof(memory_v1, total_inactive_file)},
    {"total_active_file", offsetof(memory_v1, total_active_file)},
    {NULL, 0},
};

static const struct field throttle_v1_fields[] = {
    {"nr_periods", offsetof(throttle_v1, periods)},
    {"nr_throttled", offsetof(throttle_v1, throttled_periods)},
    {"throttled_time", offsetof(throttle_v1, throttled_time)},
    {NULL, 0},
};

static void put_v1(const struct cgroup *cgroup, struct buf *out)
{
    Io__Containerd__Cgroups__V1__Metrics metrics = IO__CONTAINERD__CGROUPS__V1__METRICS__INIT;
    Io__Containerd__Cgroups__V1__CPUStat cpu = IO__CONTAINERD__CGROUPS__V1__CPUSTAT__INIT;
    Io__Containerd__Cgroups__V1__CPUUsage usage = IO__CONTAINERD__CGROUPS__V1__CPUUSAGE__INIT;
    throttle_v1 throttle = IO__CONTAINERD__CGROUPS__V1__THROTTLE__INIT;
    memory_v1 memory = IO__CONTAINERD__CGROUPS__V1__MEMORY_STAT__INIT;
    Io__Containerd__Cgroups__V1__MemoryEntry entry = IO__CONTAINERD__CGROUPS__V1__MEMORY_ENTRY__INIT;
    Io__Containerd__Cgroups__V1__PidsStat pids = IO__CONTAINERD__CGROUPS__V1__PIDS_STAT__INIT;

    usage.total = read_number(cgroup, "cpuacct", "cpuacct.usage");
    usage.user = read_number(cgroup, "cpuacct", "cpuacct.usage_user");
    usage.kernel = read_number(cgroup, "cpuacct", "cpuacct.usage_sys");
    read_fields(cgroup, "cpu", "cpu.stat", throttle_v1_fields, &throttle);
    cpu.usage = &usage;
    cpu.throttling = &throttle;
    read_fields(cgroup, "memory", "memory.stat", memory_v1_fields, &memory);
    entry.usage = read_number(cgroup, "memory", "memory.usage_in_bytes");
    entry.limit = read_number(cgroup, "memory", "memory.limit_in_bytes");
    entry.max = read_number(cgroup, "memory", "memory.max_usage_in_bytes");
    entry.failcnt = read_number(cgroup, "memory", "memory.failcnt");
    memory.usage = &entry;
    pids.current = read_number(cgroup, "pids", "pids.current");
    pids.limit = read_number(cgroup, "pids", "pids.max");
    metrics.cpu = &cpu;
    metrics.memory = &memory;
    metrics.pids = &pids;
    message_pack(out, &metrics.base);
}

/* --- the second version --- */

typedef Io__Containerd__Cgroups__V2__CPUStat cpu_v2;
typedef Io__Containerd__Cgroups__V2__MemoryStat memory_v2;
typedef Io__Containerd__Cgroups__V2__MemoryEvents memory_events_v2;

static const struct field cpu_v2_fields[] = {
    {"usage_usec", offsetof(cpu_v2, usage_usec)},
    {"user_usec", offsetof(cpu_v2, user_usec)},
    {"system_usec", offsetof(cpu_v2, system_usec)},
    {"nr_periods", offsetof(cpu_v2, nr_periods)},
    {"nr_throttled", offsetof(cpu_v2, nr_throttled)},
    {"throttled_usec", offsetof(cpu_v2, throttled_usec)},
    {NULL, 0},
};

static const struct field memory_v2_fields[] = {
    {"anon", offsetof(memory_v2, anon)},
    {"file", offsetof(memory_v2, file)},
    {"kernel_stack", offsetof(memory_v2, kernel_stack)},
    {"slab", offsetof(memory_v2, slab)},
    {"sock", offsetof(memory_v2, sock)},
    {"shmem", offsetof(memory_v2, shmem)},
    {"file_mapped", offsetof(memory_v2, file_mapped)},
    {"inactive_anon", offsetof(memory_v2, inactive_anon)},
    {"active_anon", offsetof(memory_v2, active_anon)},
    {"inactive_file", offsetof(memory_v2, inactive_file)},
    {"active_file", offsetof(memory_v2, active_file)},
    {"pgfault", offsetof(memory_v2, pgfault)},
    {"pgmajfault", offsetof(memory_v2, pgmajfault)},
    {NULL, 0},
};

static const struct field memory_events_v2_fields[] = {
    {"low", offsetof(memory_events_v2, low)},           {"high", offsetof(memory_events_v2, high)},
    {"max", offsetof(memory_events_v2, max)},           {"oom", offsetof(memory_events_v2, oom)},
    {"oom_kill", offsetof(memory_events_v2, oom_kill)}, {NULL, 0},
};

static void put_v2(const struct cgroup *cgroup, struct buf *out)
{
    Io__Containerd__Cgroups__V2__Metrics metrics = IO__CONTAINERD__CGROUPS__V2__METRICS__INIT;
    cpu_v2 cpu = IO__CONTAINERD__CGROUPS__V2__CPUSTAT__INIT;
    memory_v2 memory = IO__CONTAINERD__CGROUPS__V2__MEMORY_STAT__INIT;
    memory_events_v2 events = IO__CONTAINERD__CGROUPS__V2__MEMORY_EVENTS__INIT;
    Io__Containerd__Cgroups__V2__PidsStat pids = IO__CONTAINERD__CGROUPS__V2__PIDS_STAT__INIT;

    read_fields(cgroup, "", "cpu.stat", cpu_v2_fields, &cpu);
    read_fields(cgroup, "", "memory.stat", memory_v2_fields, &memory);
    read_fields(cgroup, "", "memory.events", memory_events_v2_fields, &events);
    memory.usage = read_number(cgroup, "", "memory.current");
    memory.usage_limit = read_number(cgroup, "", "memory.max");
    memory.swap_usage = read_number(cgroup, "", "memory.swap.current");
    memory.swap_limit = read_number(cgroup, "", "memory.swap.max");
    pids.current = read_number(cgroup, "", "pids.current");
    pids.limit = read_number(cgroup, "", "pids.max");
    metrics.cpu = &cpu;
    metrics.memory = &memory;
    metrics.memory_events = &events;
    metrics.pids = &pids;
    message_pack(out, &metrics.base);
}

const char *cgroup_metrics(const struct cgroup *cgroup, struct buf *out)
{
    if (cgroup_is_unified(cgroup)) {
        put_v2(cgroup, out);
        return "io.containerd.cgroups.v2.Metrics";
    }
    put_v1(cgroup, out);
    return "io.containerd.cgroups.v1.Metrics";
}
