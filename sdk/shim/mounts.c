#include "shim/mounts.h"

#include <string.h>
#include <sys/mount.h>

/* fstab's words for flags (mount(8)); what is none of them is for the file system. */
static const struct option {
    const char *name;
    unsigned long set, clear;
} options[] = {
    {"bind", MS_BIND, 0},
    {"rbind", MS_BIND | MS_REC, 0},
    {"ro", MS_RDONLY, 0},
    {"rw", 0, MS_RDONLY},
    {"nosuid", MS_NOSUID, 0},
    {"suid", 0, MS_NOSUID},
    {"nodev", MS_NODEV, 0},
    {"dev", 0, MS_NODEV},
    {"noexec", MS_NOEXEC, 0},
    {"exec", 0, MS_NOEXEC},
    {"noatime", MS_NOATIME, 0},
    {"relatime", MS_RELATIME, 0},
    {"strictatime", MS_STRICTATIME, 0},
    {"sync", MS_SYNCHRONOUS, 0},
    {"private", 0, 0}, /* nothing gets out of a container's mounts anyway */
    {"rprivate", 0, 0},
    {"slave", 0, 0},
    {"rslave", 0, 0},
    {"shared", 0, 0},
    {"rshared", 0, 0},
    {"defaults", 0, 0},
};

static const struct option *find_option(const char *name)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strcmp(options[i].name, name) == 0)
            return &options[i];
    return NULL;
}

void mounts_add_option(const char *name, unsigned long *flags, struct buf *data)
{
    const struct option *option = find_option(name);
    if (option)
        *flags = (*flags & ~option->clear) | option->set;
    else
        buf_printf(data, "%s%s", data->size ? "," : "", name);
}

static int make(const Containerd__Types__Mount *wanted, const char *target, struct err *err)
{
    unsigned long flags = 0;
    struct buf data = {0};
    for (size_t i = 0; i < wanted->n_options; i++)
        mounts_add_option(wanted->options[i], &flags, &data);
    buf_byte(&data, 0);
    int result = mount(wanted->source, target, wanted->type, flags, data.data);
    /* A bind mount takes other flags only once it is there. */
    if (result == 0 && flags & MS_BIND && flags & ~(unsigned long)(MS_BIND | MS_REC))
        result = mount(NULL, target, NULL, flags | MS_REMOUNT, NULL);
    if (result != 0)
        err_set_errno(err, "mounting %s (%s) on %s", wanted->source, wanted->type, target);
    buf_free(&data);
    return result;
}

int mounts_make(Containerd__Types__Mount *const *mounts, size_t count, const char *target, struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (make(mounts[i], target, err) != 0) {
            mounts_remove(target);
            return -1;
        }
    }
    return 0;
}

void mounts_remove(const char *target)
{
    while (umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
        ;
}
