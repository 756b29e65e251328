/* A root file system of many layers. */
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "check.h"
#include "shim/mounts.h"

enum { LAYERS = 100 };

static char *text_of(struct buf *buf)
{
    buf_byte(buf, 0);
    return (char *)buf->data;
}

/* Their names take more than the page of options that mount(2) has, as containerd's do from some 50 layers on. */
static void test_many_layers(const char *folder)
{
    struct err err = {0};
    struct buf lower = {0}, target = {0};
    buf_printf(&target, "%s/rootfs", folder);
    CHECK(mkdir(text_of(&target), 0755) == 0);
    buf_printf(&lower, "lowerdir=");
    for (int i = 0; i < LAYERS; i++) {
        struct buf layer = {0}, file = {0};
        buf_printf(&layer, "%s/layers-%030d", folder, i);
        CHECK(mkdir(text_of(&layer), 0755) == 0);
        buf_printf(&lower, "%s%s", i ? ":" : "", (const char *)layer.data);
        buf_printf(&file, "%s/%d", (const char *)layer.data, i);
        CHECK(file_write(text_of(&file), "x", 1, &err) == 0);
        buf_free(&layer);
        buf_free(&file);
    }
    char *options[] = {text_of(&lower)};
    Containerd__Types__Mount mount = CONTAINERD__TYPES__MOUNT__INIT, *mounts[] = {&mount};
    CHECK(strlen(options[0]) > 4096);
    mount.type = (char[]){"overlay"};
    mount.source = (char[]){"overlay"};
    mount.options = options;
    mount.n_options = 1;
    int result = mounts_make(mounts, 1, (const char *)target.data, &err);
    if (result != 0)
        fprintf(stderr, "%s\n", err.text);
    CHECK(result == 0 && chdir((const char *)target.data) == 0);
    CHECK(access("0", R_OK) == 0 && access("99", R_OK) == 0);
    CHECK(chdir("/") == 0);
    mounts_remove((const char *)target.data);
    buf_free(&lower);
    buf_free(&target);
}

/* In a mount namespace of its own, on a file system that goes with it. */
int main(void)
{
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0) {
        fprintf(stderr, "skipped: only root mounts\n");
        return 0;
    }
    CHECK(mount("", "/", NULL, MS_PRIVATE | MS_REC, NULL) == 0);
    CHECK(mount("tmpfs", "/mnt", "tmpfs", 0, NULL) == 0);
    test_many_layers("/mnt");
    return 0;
}
