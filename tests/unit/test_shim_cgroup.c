/* Control groups of both versions, in folders that are none: what is made, written and read. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "check.h"
#include "metrics_v1.pb-c.h"
#include "metrics_v2.pb-c.h"
#include "shim/cgroup.h"

static char root[] = "/tmp/mewz-cgroup-XXXXXX";

static void write_text(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *file = fopen(path, "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static bool holds(const char *name, const char *text)
{
    char path[256];
    struct file file;
    struct err err = {0};
    snprintf(path, sizeof path, "%s/%s", root, name);
    if (file_read(&file, path, &err) != 0)
        return false;
    bool same = file.size == strlen(text) && memcmp(file.data, text, file.size) == 0;
    file_close(&file);
    return same;
}

static void make_folder(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    CHECK(mkdir(path, 0755) == 0);
}

static void test_paths(void)
{
    static const struct {
        const char *given, *path;
    } cases[] = {
        {"/kubepods/pod1/c1", "/kubepods/pod1/c1"},
        {"c1", "/c1"},
        {"kubepods-burstable-pod1.slice:cri-containerd:c1",
         "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-c1.scope"},
        {":docker:c1", "/docker-c1.scope"},
        {"/../../etc", NULL},
        {"/a/..", NULL},
        {"/", NULL},
        {"", NULL},
        {NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cgroup cgroup;
        cgroup_init(&cgroup, root, cases[i].given);
        CHECK((cgroup.path != NULL) == (cases[i].path != NULL));
        CHECK(!cgroup.path || strcmp(cgroup.path, cases[i].path) == 0);
        cgroup_fini(&cgroup);
    }
}

static void test_second_version(void)
{
    struct cgroup cgroup;
    struct err err = {0};
    struct buf metrics = {0};
    const struct spec_resources resources = {.memory = 64 << 20, .cpu_quota = 50000, .cpu_shares = 262144, .pids = 10};
    write_text("cgroup.controllers", "cpu memory pids\n");
    write_text("cgroup.subtree_control", "");
    cgroup_init(&cgroup, root, "/pod/c1");
    make_folder("pod");
    make_folder("pod/c1");
    static const char *const files[] = {"pod/c1/memory.max", "pod/c1/cpu.max", "pod/c1/cpu.weight", "pod/c1/pids.max",
                                        "pod/c1/cgroup.procs"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        write_text(files[i], "");
    CHECK(cgroup_create(&cgroup, &resources, &err) == 0);
    CHECK(holds("pod/c1/memory.max", "67108864"));
    CHECK(holds("pod/c1/cpu.max", "50000 100000"));
    CHECK(holds("pod/c1/cpu.weight", "10000"));
    CHECK(holds("pod/c1/pids.max", "10"));
    CHECK(holds("cgroup.subtree_control", "+cpu+memory+pids+io"));
    CHECK(cgroup_join(&cgroup, 4711, &err) == 0);
    CHECK(holds("pod/c1/cgroup.procs", "4711\n"));
    pid_t pid;
    CHECK(cgroup_pids(&cgroup, &pid, 1) == 1 && pid == 4711);

    write_text("pod/c1/memory.current", "1234567\n");
    write_text("pod/c1/memory.stat", "anon 1000\nfile 2000\nunknown 3\nnothing\n");
    write_text("pod/c1/memory.events", "low 0\nmax 7\noom 2\noom_kill 1\n");
    write_text("pod/c1/cpu.stat", "usage_usec 99\nuser_usec 60\nsystem_usec 39\n");
    write_text("pod/c1/pids.current", "3\n");
    write_text("pod/c1/memory.swap.max", "max\n");
    CHECK(cgroup_oom_kills(&cgroup) == 1);
    CHECK(strcmp(cgroup_metrics(&cgroup, &metrics), "io.containerd.cgroups.v2.Metrics") == 0);
    Io__Containerd__Cgroups__V2__Metrics *read =
        io__containerd__cgroups__v2__metrics__unpack(NULL, metrics.size, metrics.data);
    CHECK(read && read->memory->usage == 1234567 && read->memory->anon == 1000 && read->memory->file == 2000);
    CHECK(read->memory->usage_limit == 64 << 20 && read->memory->swap_limit == UINT64_MAX);
    CHECK(read->cpu->usage_usec == 99 && read->cpu->system_usec == 39);
    CHECK(read->memory_events->max == 7 && read->memory_events->oom_kill == 1 && read->pids->current == 3);
    io__containerd__cgroups__v2__metrics__free_unpacked(read, NULL);
    buf_free(&metrics);
    cgroup_fini(&cgroup);
}

/* The first version makes a folder with each controller that is there, and passes over a link to one. */
static void test_first_version(void)
{
    struct cgroup cgroup;
    struct err err = {0};
    struct buf metrics = {0};
    char path[256], link[256];
    make_folder("memory");
    make_folder("cpu");
    snprintf(path, sizeof path, "%s/cpu", root);
    snprintf(link, sizeof link, "%s/cpuacct", root);
    CHECK(symlink(path, link) == 0);
    cgroup_init(&cgroup, root, "/c1");
    CHECK(cgroup_create(&cgroup, &(struct spec_resources){0}, &err) == 0);
    snprintf(path, sizeof path, "%s/memory/c1", root);
    CHECK(access(path, F_OK) == 0);
    CHECK(cgroup_create(&cgroup, &(struct spec_resources){.memory = 1}, &err) != 0); /* there is no file to write */

    write_text("memory/c1/memory.usage_in_bytes", "42\n");
    write_text("cpu/c1/cpuacct.usage", "7000\n");
    CHECK(strcmp(cgroup_metrics(&cgroup, &metrics), "io.containerd.cgroups.v1.Metrics") == 0);
    Io__Containerd__Cgroups__V1__Metrics *read =
        io__containerd__cgroups__v1__metrics__unpack(NULL, metrics.size, metrics.data);
    CHECK(read && read->memory->usage->usage == 42 && read->cpu->usage->total == 7000);
    io__containerd__cgroups__v1__metrics__free_unpacked(read, NULL);
    buf_free(&metrics);
    CHECK(!cgroup_remove(&cgroup)); /* not while something is in there */
    snprintf(path, sizeof path, "%s/memory/c1/memory.usage_in_bytes", root);
    CHECK(unlink(path) == 0);
    snprintf(path, sizeof path, "%s/cpu/c1/cpuacct.usage", root);
    CHECK(unlink(path) == 0);
    CHECK(cgroup_remove(&cgroup));
    CHECK(cgroup_remove(&cgroup)); /* once more does no harm */
    cgroup_fini(&cgroup);
}

static void remove_root(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", root);
    CHECK(system(command) == 0);
}

int main(void)
{
    test_paths();
    CHECK(mkdtemp(root));
    test_first_version();
    remove_root();
    CHECK(mkdir(root, 0755) == 0);
    test_second_version();
    remove_root();
    return 0;
}
