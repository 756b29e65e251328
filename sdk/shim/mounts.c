#include "shim/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define OPTIONS_MAX 4096u /* bytes that mount(2) takes, with the zero at the end */

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

/* --- overlays of many layers: mount(2) takes a page of options and leaves out the rest without a word --- */

static const char lower[] = "lowerdir=";

/* How much all layers' paths have in common, up to the last slash of that. */
static size_t common_length(const char *layers)
{
    size_t length = strcspn(layers, ":");
    for (const char *layer = layers; *layer; layer += layer[0] == ':') {
        size_t same = 0;
        while (same < length && layer[same] == layers[same])
            same++;
        length = same;
        layer += strcspn(layer, ":");
    }
    while (length > 0 && layers[length - 1] != '/')
        length--;
    return length;
}

/* The options again, with the layers named from the folder that they are all in, as containerd does it. False where
 * they are in none. */
static bool shorten(const Containerd__Types__Mount *wanted, struct buf *data, struct buf *folder)
{
    unsigned long ignored = 0;
    data->size = 0;
    for (size_t i = 0; i < wanted->n_options; i++) {
        const char *option = wanted->options[i];
        if (strncmp(option, lower, strlen(lower)) != 0) {
            mounts_add_option(option, &ignored, data);
            continue;
        }
        const char *layer = option + strlen(lower);
        size_t common = common_length(layer);
        buf_append(folder, layer, common);
        buf_printf(data, "%s%s", data->size ? "," : "", lower);
        for (size_t length; *layer; layer += length) {
            length = strcspn(layer, ":");
            length += layer[length] == ':';
            if (length > common)
                buf_append(data, layer + common, length - common);
        }
    }
    buf_byte(data, 0);
    buf_byte(folder, 0);
    return folder->size > 1;
}

static int mount_shortened(const Containerd__Types__Mount *wanted, const char *target, unsigned long flags,
                           struct buf *data)
{
    struct buf folder = {0};
    int result = -1, here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (!shorten(wanted, data, &folder) || data->size > OPTIONS_MAX)
        errno = E2BIG;
    else if (here >= 0 && chdir((const char *)folder.data) == 0)
        result = mount(wanted->source, target, wanted->type, flags, data->data);
    int reason = errno;
    if (here >= 0) {
        (void)!fchdir(here);
        close(here);
    }
    errno = reason;
    buf_free(&folder);
    return result;
}

/* --- any --- */

static int make(const Containerd__Types__Mount *wanted, const char *target, struct err *err)
{
    unsigned long flags = 0;
    struct buf data = {0};
    for (size_t i = 0; i < wanted->n_options; i++)
        mounts_add_option(wanted->options[i], &flags, &data);
    buf_byte(&data, 0);
    int result = data.size <= OPTIONS_MAX ? mount(wanted->source, target, wanted->type, flags, data.data)
                                          : mount_shortened(wanted, target, flags, &data);
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
