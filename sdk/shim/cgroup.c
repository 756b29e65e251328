/* cgroup.c: folders, members and limits; cgroup_metrics.c has the figures. */
#include "shim/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "shim/cgroup_files.h"

/* --- the path --- */

/* systemd's slices are nested by name: a-b.slice lies in a.slice. */
static void put_slices(struct buf *path, const char *slice)
{
    size_t length = strlen(slice) - strlen(".slice");
    for (size_t i = 1; i <= length; i++)
        if (i == length || slice[i] == '-')
            buf_printf(path, "/%.*s.slice", (int)i, slice);
}

static void put_systemd_path(struct buf *path, const char *slice, const char *prefix, const char *name)
{
    size_t length = strlen(slice), ending = strlen(".slice");
    if (length > ending && strcmp(slice + length - ending, ".slice") == 0)
        put_slices(path, slice);
    buf_printf(path, "/%s%s%s.scope", prefix, *prefix ? "-" : "", name);
}

static bool is_inside(const char *path)
{
    return !strstr(path, "/../") && !(strlen(path) >= 3 && strcmp(path + strlen(path) - 3, "/..") == 0);
}

void cgroup_init(struct cgroup *cgroup, const char *root, const char *cgroups_path)
{
    *cgroup = (struct cgroup){.root = root};
    if (!cgroups_path || !*cgroups_path)
        return;
    char *copy = memory_copy_string(cgroups_path), *rest = copy;
    const char *slice = strsep(&rest, ":"), *prefix = strsep(&rest, ":");
    struct buf path = {0};
    if (rest)
        put_systemd_path(&path, slice, prefix, rest);
    else
        buf_printf(&path, "%s%s", *cgroups_path == '/' ? "" : "/", cgroups_path);
    buf_byte(&path, 0);
    free(copy);
    if (is_inside((const char *)path.data) && path.data[1])
        cgroup->path = (char *)path.data; /* on the heap, as any buffer */
    else
        buf_free(&path);
}

void cgroup_fini(struct cgroup *cgroup)
{
    free(cgroup->path);
    cgroup->path = NULL;
}

/* --- files --- */

/* The controllers that matter here, by the names of their folders: which of them have a folder of their own, and which
 * share one, is up to whoever mounted them. cpuset is left out: a new one there is of no use before it is filled in. */
static const char *const controllers[] = {
    "cpu", "cpuacct", "cpu,cpuacct", "memory", "pids", "freezer", "blkio", "devices", "systemd",
};
#define CONTROLLER_COUNT (sizeof controllers / sizeof *controllers)

bool cgroup_is_unified(const struct cgroup *cgroup)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/cgroup.controllers", cgroup->root);
    return access(path, F_OK) == 0;
}

void cgroup_file_path(const struct cgroup *cgroup, const char *controller, const char *file, char path[PATH_MAX])
{
    if (cgroup_is_unified(cgroup))
        snprintf(path, PATH_MAX, "%s%s/%s", cgroup->root, cgroup->path, file);
    else
        snprintf(path, PATH_MAX, "%s/%s%s/%s", cgroup->root, controller, cgroup->path, file);
}

static int write_file(const struct cgroup *cgroup, const char *controller, const char *file, const char *text,
                      struct err *err)
{
    char path[PATH_MAX];
    cgroup_file_path(cgroup, controller, file, path);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) {
        err_set_errno(err, "%s: writing %s", path, text);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    close(fd);
    return 0;
}

__attribute__((format(printf, 4, 5))) static int write_number(const struct cgroup *cgroup, const char *controller,
                                                              const char *file, const char *format, ...)
{
    va_list values;
    char text[64];
    struct err err = {0};
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    return write_file(cgroup, controller, file, text, &err);
}

/* --- folders --- */

/* Calls `each` for the container's folder in every hierarchy; counts those for which it returns true. */
static unsigned for_each_folder(const struct cgroup *cgroup, bool (*each)(char *folder, size_t root_length))
{
    char folder[PATH_MAX];
    unsigned good = 0;
    if (cgroup_is_unified(cgroup)) {
        snprintf(folder, sizeof folder, "%s%s", cgroup->root, cgroup->path);
        return each(folder, strlen(cgroup->root));
    }
    for (size_t i = 0; i < CONTROLLER_COUNT; i++) {
        struct stat stat;
        int root_length = snprintf(folder, sizeof folder, "%s/%s", cgroup->root, controllers[i]);
        if (lstat(folder, &stat) != 0 || !S_ISDIR(stat.st_mode)) /* a link leads to one that comes by itself */
            continue;
        snprintf(folder + root_length, sizeof folder - (size_t)root_length, "%s", cgroup->path);
        good += each(folder, (size_t)root_length);
    }
    return good;
}

/* In the second version a folder has the controllers that the one above it passes on. */
static void pass_controllers_on(const char *folder)
{
    static const char *const names[] = {"+cpu", "+memory", "+pids", "+io"};
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/cgroup.subtree_control", folder);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    for (size_t i = 0; fd >= 0 && i < sizeof names / sizeof *names; i++)
        (void)!write(fd, names[i], strlen(names[i])); /* one that the system lacks is one without limits */
    if (fd >= 0)
        close(fd);
}

static bool make_folder(char *folder, size_t root_length)
{
    for (char *slash = strchr(folder + root_length, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        bool made = mkdir(folder, 0755) == 0 || errno == EEXIST;
        pass_controllers_on(folder);
        *slash = '/';
        if (!made)
            return false;
    }
    return mkdir(folder, 0755) == 0 || errno == EEXIST;
}

static bool is_gone(char *folder, size_t root_length)
{
    (void)root_length;
    return rmdir(folder) == 0 || errno == ENOENT;
}

static bool is_left(char *folder, size_t root_length)
{
    return !is_gone(folder, root_length);
}

bool cgroup_remove(const struct cgroup *cgroup)
{
    return !cgroup->path || for_each_folder(cgroup, is_left) == 0;
}

int cgroup_create(const struct cgroup *cgroup, const struct spec_resources *resources, struct err *err)
{
    if (!cgroup->path)
        return 0;
    if (for_each_folder(cgroup, make_folder) == 0)
        return err_set_errno(err, "%s: no control group %s can be made", cgroup->root, cgroup->path);
    return cgroup_limit(cgroup, resources, err);
}

/* --- limits --- */

/* The first version's shares, 2 to 262144, as the second version's weight, 1 to 10000. */
static unsigned long weight_of(uint64_t shares)
{
    uint64_t bounded = shares < 2 ? 2 : shares > 262144 ? 262144 : shares;
    return (unsigned long)(1 + (bounded - 2) * 9999 / 262142);
}

static void limit_processor(const struct cgroup *cgroup, const struct spec_resources *resources)
{
    unsigned long period = resources->cpu_period ? (unsigned long)resources->cpu_period : 100000;
    if (cgroup_is_unified(cgroup)) {
        if (resources->cpu_quota)
            write_number(cgroup, "cpu", "cpu.max", "%ld %lu", (long)resources->cpu_quota, period);
        if (resources->cpu_shares)
            write_number(cgroup, "cpu", "cpu.weight", "%lu", weight_of(resources->cpu_shares));
        return;
    }
    if (resources->cpu_quota) {
        write_number(cgroup, "cpu", "cpu.cfs_period_us", "%lu", period);
        write_number(cgroup, "cpu", "cpu.cfs_quota_us", "%ld", (long)resources->cpu_quota);
    }
    if (resources->cpu_shares)
        write_number(cgroup, "cpu", "cpu.shares", "%lu", (unsigned long)resources->cpu_shares);
}

/* A system without a controller runs the container without its limit; memory is different, for the machine's size
 * depends on it. */
int cgroup_limit(const struct cgroup *cgroup, const struct spec_resources *resources, struct err *err)
{
    if (!cgroup->path)
        return 0;
    limit_processor(cgroup, resources);
    if (resources->pids)
        write_number(cgroup, "pids", "pids.max", "%ld", (long)resources->pids);
    if (!resources->memory)
        return 0;
    char text[32];
    snprintf(text, sizeof text, "%lu", (unsigned long)resources->memory);
    bool unified = cgroup_is_unified(cgroup);
    return write_file(cgroup, "memory", unified ? "memory.max" : "memory.limit_in_bytes", text, err);
}

/* --- members --- */

static pid_t joining; /* of for_each_folder's callback; the shim has one thread */

static bool join_folder(char *folder, size_t root_length)
{
    (void)root_length;
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/cgroup.procs", folder);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool joined = fd >= 0 && dprintf(fd, "%d\n", (int)joining) > 0;
    if (fd >= 0)
        close(fd);
    return joined;
}

int cgroup_join(const struct cgroup *cgroup, pid_t pid, struct err *err)
{
    joining = pid;
    if (cgroup->path && for_each_folder(cgroup, join_folder) == 0)
        return err_set_errno(err, "%s: control group %s cannot be joined", cgroup->root, cgroup->path);
    return 0;
}

size_t cgroup_pids(const struct cgroup *cgroup, pid_t *pids, size_t max)
{
    char path[PATH_MAX];
    if (!cgroup->path)
        return 0;
    cgroup_file_path(cgroup, "memory", "cgroup.procs", path);
    FILE *file = fopen(path, "re");
    char line[32];
    size_t found = 0;
    while (file && fgets(line, sizeof line, file))
        if (found++ < max)
            pids[found - 1] = (pid_t)strtol(line, NULL, 10);
    if (file)
        fclose(file);
    return found;
}

void cgroup_kill(const struct cgroup *cgroup)
{
    pid_t pids[256];
    size_t found = cgroup_pids(cgroup, pids, sizeof pids / sizeof *pids);
    for (size_t i = 0; i < found && i < sizeof pids / sizeof *pids; i++)
        if (pids[i] > 1)
            kill(pids[i], SIGKILL);
}
