/* --mount and --disk: what they give the machine and the program. */
#include "cc/volumes.h"

#include <string.h>

#include "check.h"

static struct arena arena;

static int parse(const char *mount, const char *disk, struct volumes *volumes, const char *const **settings)
{
    struct err err = {0};
    struct volume_options options = {0};
    const char *mounts[] = {mount, NULL}, *disks[] = {disk, NULL};
    if (mount)
        options.mounts = (struct option_list){mounts, 1};
    if (disk)
        options.disks = (struct option_list){disks, 1};
    return volumes_parse(&options, "run", false, volumes, settings, &arena, &err);
}

static void test_none(void)
{
    struct volumes volumes = {0};
    const char *const *settings = NULL;
    CHECK(parse(NULL, NULL, &volumes, &settings) == 0 && settings == NULL);
    CHECK(volumes.share_count == 0 && volumes.disk_count == 0);
}

static void test_both(void)
{
    struct volumes volumes = {0};
    const char *const before[] = {"ip=10.0.0.2/24", NULL};
    const char *const *settings = before;
    CHECK(parse("a:b/c:/guest", "x.img:/:ro", &volumes, &settings) == 0);
    CHECK(volumes.share_count == 1 && strcmp(volumes.shares[0].folder, "a:b/c") == 0 && !volumes.shares[0].read_only);
    CHECK(volumes.disk_count == 1 && strcmp(volumes.disks[0].file, "x.img") == 0 && volumes.disks[0].read_only);
    CHECK(strcmp(settings[0], "ip=10.0.0.2/24") == 0 && strcmp(settings[1], "share=share0:/guest") == 0);
    CHECK(strcmp(settings[2], "disk=disk0:/:ro") == 0 && settings[3] == NULL);
    CHECK(strcmp(volumes.shares[0].tag, "share0") == 0 && strcmp(volumes.disks[0].serial, "disk0") == 0);
}

static void test_refused(void)
{
    static const char *const wrong[] = {"", ":", "a", "a:", ":/b", "a:b", "a:/b:rw", ":ro", "a:ro"};
    struct volumes volumes;
    const char *const *settings = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(parse(wrong[i], NULL, &volumes, &settings) != 0);
        CHECK(parse(NULL, wrong[i], &volumes, &settings) != 0);
    }
}

/* A tree of files counts the bytes of a name in one. */
static void test_long_names(void)
{
    struct volumes volumes;
    const char *const *settings = NULL;
    char longest[300] = "a:/b/", too_long[300] = "a:/b/";
    memset(longest + 5, 'c', 255);
    memset(too_long + 5, 'c', 256);
    CHECK(parse(longest, NULL, &volumes, &settings) == 0);
    CHECK(parse(too_long, NULL, &volumes, &settings) != 0);
}

int main(void)
{
    test_long_names();
    test_none();
    test_both();
    test_refused();
    arena_free(&arena);
    return 0;
}
