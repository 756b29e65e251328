#include "shim/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

/* Mounts are missing here: QEMU needs the host's programs, so its view is always made from the host's. */
static const struct kind {
    const char *type;
    int flag;
    bool always; /* a new one, too, where the specification is silent */
} kinds[] = {
    {"ipc", CLONE_NEWIPC, false},
    {"uts", CLONE_NEWUTS, false},
    {"cgroup", CLONE_NEWCGROUP, false},
};

static int join(const char *path, const struct kind *kind, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || setns(fd, kind->flag) != 0) {
        err_set_errno(err, "%s: the %s namespace cannot be joined", path, kind->type);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    close(fd);
    return 0;
}

static int enter(const struct spec *spec, const struct kind *kind, struct err *err)
{
    const struct spec_namespace *namespace = spec_find_namespace(spec, kind->type);
    if (namespace && namespace->path)
        return join(namespace->path, kind, err);
    if ((namespace || kind->always) && unshare(kind->flag) != 0)
        return err_set_errno(err, "no new %s namespace can be made", kind->type);
    return 0;
}

int namespaces_enter_network(const struct spec *spec, struct err *err)
{
    return enter(spec, &(struct kind){"network", CLONE_NEWNET, true}, err);
}

int namespaces_enter(const struct spec *spec, struct err *err)
{
    if (spec_find_namespace(spec, "user"))
        return err_set(err, "user namespaces are not supported: a machine's QEMU has a user of its own anyway");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (enter(spec, &kinds[i], err) != 0)
            return -1;
    if (unshare(CLONE_NEWNS) != 0 || mount("", "/", NULL, MS_SLAVE | MS_REC, NULL) != 0)
        return err_set_errno(err, "no new mount namespace can be made");
    return 0;
}

int namespaces_enter_pid(const struct spec *spec, struct err *err)
{
    return enter(spec, &(struct kind){"pid", CLONE_NEWPID, false}, err);
}
