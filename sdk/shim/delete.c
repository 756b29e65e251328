/* delete.c: `delete`: removes what is left of a container, whatever became of its shim. containerd calls it after a
 * clean deletion, too, when there is nothing left. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "shim.pb-c.h"
#include "shim/cgroup.h"
#include "shim/message.h"
#include "shim/mounts.h"
#include "shim/runtime.h"
#include "shim/shim.h"
#include "shim/spec.h"

/* The task and its QEMU died with the shim: what is in the control group are others', or still at it. */
static void empty_cgroup(const char *cgroups_path)
{
    struct cgroup cgroup;
    cgroup_init(&cgroup, CGROUP_ROOT, cgroups_path);
    for (int i = 0; i < 200; i++) {
        cgroup_kill(&cgroup);
        if (cgroup_remove(&cgroup))
            break;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    cgroup_fini(&cgroup);
}

static void forget_linux_container(const struct shim_options *options, const char *bundle)
{
    struct arena arena = {0};
    struct err ignored = {0};
    struct runtime runtime;
    if (access(arena_printf(&arena, "%s/linux.pid", bundle), F_OK) == 0 &&
        runtime_open(&runtime, options->namespace, options->id, &ignored) == 0) {
        runtime_delete(&runtime, &ignored);
        runtime_close(&runtime);
    }
    arena_free(&arena);
}

/* A socket at which nobody serves. */
static void remove_socket(const struct shim_options *options, const struct spec *spec)
{
    const char *pod = spec_sandbox_id(spec);
    char *path = shim_socket_path(options, pod ? pod : options->id);
    int lock = shim_lock_sockets(), fd = shim_connect(path);
    if (fd >= 0)
        close(fd);
    else
        unlink(path);
    if (lock >= 0)
        close(lock);
    free(path);
}

static void clean(const struct shim_options *options, const char *bundle)
{
    struct arena arena = {0};
    struct err ignored = {0};
    struct spec spec;
    forget_linux_container(options, bundle);
    if (spec_read(&spec, bundle, &ignored) == 0) {
        empty_cgroup(spec.cgroups_path);
        remove_socket(options, &spec);
    }
    spec_free(&spec);
    mounts_remove(arena_printf(&arena, "%s/rootfs", bundle));
    arena_free(&arena);
}

int shim_delete(const struct shim_options *options, struct err *err)
{
    Containerd__Task__V2__DeleteResponse response = CONTAINERD__TASK__V2__DELETE_RESPONSE__INIT;
    struct timespec now;
    struct buf bytes = {0};
    clean(options, options->bundle ? options->bundle : ".");
    clock_gettime(CLOCK_REALTIME, &now);
    Google__Protobuf__Timestamp at = message_timestamp(&now);
    response.exit_status = 128 + SIGKILL;
    response.exited_at = &at;
    message_pack(&bytes, &response.base);
    bool written = fwrite(bytes.data, bytes.size, 1, stdout) == 1 && fflush(stdout) == 0;
    buf_free(&bytes);
    return written ? 0 : err_set_errno(err, "stdout");
}
