#include "shim/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* Mounts are missing here: QEMU needs the host's programs, so its view is always made from the host's. */
static const struct kind {
    const char *type;
    int flag;
} kinds[] = {
    {"ipc", CLONE_NEWIPC},
    {"uts", CLONE_NEWUTS},
    {"cgroup", CLONE_NEWCGROUP},
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

static int make(const struct kind *kind, struct err *err)
{
    return unshare(kind->flag) == 0 ? 0 : err_set_errno(err, "no new %s namespace can be made", kind->type);
}

static int enter(const struct spec *spec, const struct kind *kind, struct err *err)
{
    const struct spec_namespace *namespace = spec_find_namespace(spec, kind->type);
    if (namespace && namespace->path)
        return join(namespace->path, kind, err);
    return namespace ? make(kind, err) : 0;
}

bool namespaces_have_host_network(const struct spec *spec)
{
    const struct spec_namespace *namespace = spec_find_namespace(spec, "network");
    struct stat own, named;
    return !namespace ||
           (namespace->path && stat("/proc/self/ns/net", &own) == 0 && stat(namespace->path, &named) == 0 &&
            own.st_dev == named.st_dev && own.st_ino == named.st_ino);
}

int namespaces_enter_network(const struct spec *spec, struct err *err)
{
    const struct kind network = {"network", CLONE_NEWNET};
    if (!namespaces_have_host_network(spec))
        return enter(spec, &network, err);
    return make(&network, err);
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
    return enter(spec, &(struct kind){"pid", CLONE_NEWPID}, err);
}
