#include "cc/volumes.h"

#include <limits.h>
#include <string.h>

#define TAG_MAX 36 /* bytes (Virtual I/O Device, version 1.2, section 5.11.4) */

/* One HOST:GUEST[:ro]. The host's part may have colons, the guest's has none. */
struct volume {
    const char *host, *guest;
    bool read_only;
};

/* An absolute path without `.` or `..`, and without names that no file can have. */
static bool is_guest(const char *path)
{
    bool plain = path[0] == '/';
    for (; plain && *path; path += strcspn(path, "/")) {
        path += strspn(path, "/");
        size_t size = strcspn(path, "/");
        plain = size <= NAME_MAX && (size > 2 || size == 0 || memcmp(path, "..", size) != 0);
    }
    return plain;
}

static bool parse_volume(const char *text, bool may_be_empty, struct volume *volume, struct arena *arena)
{
    static const char ending[] = ":ro";
    size_t length = strlen(text);
    volume->read_only = length > strlen(ending) && strcmp(text + length - strlen(ending), ending) == 0;
    char *copy = arena_copy_string(arena, text, length - (volume->read_only ? strlen(ending) : 0));
    char *colon = strrchr(copy, ':');
    if (!colon || (colon == copy && !may_be_empty) || !is_guest(colon + 1))
        return false;
    *colon = 0;
    volume->host = copy;
    volume->guest = colon + 1;
    return true;
}

/* Parses all values of one option, at most `limit`. */
static int parse_volumes(const struct option_list *list, const char *option, const char *verb, bool may_be_empty,
                         size_t limit, struct volume *parsed, struct arena *arena, struct err *err)
{
    if (list->count > limit)
        return err_set_status(err, EXIT_USAGE, "%s: %s: more than %zu times", verb, option, limit);
    for (size_t i = 0; i < list->count; i++)
        if (!parse_volume(list->strings[i], may_be_empty, &parsed[i], arena))
            return err_set_status(err, EXIT_USAGE, "%s: %s %s: not HOST:/GUEST or HOST:/GUEST:ro", verb, option,
                                  list->strings[i]);
    return 0;
}

/* "share=NAME:GUEST:ro" */
static const char *make_setting(const char *kind, const char *name, const struct volume *volume, struct arena *arena)
{
    return arena_printf(arena, "%s=%s:%s%s", kind, name, volume->guest, volume->read_only ? ":ro" : "");
}

/* Appends to a list of settings, which ends with NULL or is NULL. */
static void add_settings(const char *const **settings, const char *const *more, size_t more_count, struct arena *arena)
{
    size_t count = 0;
    while (*settings && (*settings)[count])
        count++;
    const char **longer = arena_array(arena, count + more_count + 1, sizeof *longer);
    if (count)
        memcpy(longer, *settings, count * sizeof *longer);
    memcpy(longer + count, more, more_count * sizeof *longer);
    *settings = longer;
}

int volumes_parse_dirs(const struct volume_options *options, const char *verb, bool is_kernel, struct volumes *volumes,
                       const char *const **settings, struct arena *arena, struct err *err)
{
    const struct option_list *dirs = &options->dirs;
    if (options->tmp_max && !is_kernel)
        return err_set_status(err, EXIT_USAGE, "%s: --tmp-max is for machines: a process has its host's folders", verb);
    if (options->tmp_max) {
        const char *setting = arena_printf(arena, "tmp-max=%lu", options->tmp_max);
        add_settings(settings, &setting, 1, arena);
    }
    if (dirs->count == 0)
        return 0;
    struct volume *parsed = arena_array(arena, dirs->count, sizeof *parsed);
    if (parse_volumes(dirs, "--dir", verb, false, dirs->count, parsed, arena, err) != 0)
        return -1;
    if (!is_kernel) { /* the process opens them when it starts */
        const char **list = arena_array(arena, dirs->count, sizeof *list);
        for (size_t i = 0; i < dirs->count; i++)
            list[i] = make_setting("dir", parsed[i].host, &parsed[i], arena);
        add_settings(settings, list, dirs->count, arena);
        return 0;
    }
    volumes->folder_count = dirs->count;
    volumes->folders = arena_array(arena, dirs->count, sizeof *volumes->folders);
    for (size_t i = 0; i < dirs->count; i++)
        volumes->folders[i] = (struct tree_folder){parsed[i].host, parsed[i].guest, parsed[i].read_only};
    return 0;
}

int volumes_parse(const struct volume_options *options, const char *verb, bool for_later, struct volumes *volumes,
                  const char *const **settings, struct arena *arena, struct err *err)
{
    struct volume shares[MACHINE_SHARES_MAX] = {0}, disks[MACHINE_DISKS_MAX] = {0};
    if (parse_volumes(&options->mounts, "--mount", verb, false, MACHINE_SHARES_MAX, shares, arena, err) != 0 ||
        parse_volumes(&options->disks, "--disk", verb, for_later, MACHINE_DISKS_MAX, disks, arena, err) != 0)
        return -1;
    volumes->share_count = options->mounts.count;
    volumes->disk_count = options->disks.count;
    if (volumes->share_count + volumes->disk_count == 0)
        return 0;
    volumes->shares = arena_array(arena, volumes->share_count + 1, sizeof *volumes->shares);
    volumes->disks = arena_array(arena, volumes->disk_count + 1, sizeof *volumes->disks);

    size_t count = 0;
    const char **list = arena_array(arena, volumes->share_count + volumes->disk_count, sizeof *list);
    for (size_t i = 0; i < volumes->share_count; i++) {
        const char *tag = for_later ? shares[i].host : arena_printf(arena, "share%zu", i);
        if (strlen(tag) > TAG_MAX)
            return err_set_status(err, EXIT_USAGE, "%s: --mount %s: a tag has %d bytes at most", verb, tag, TAG_MAX);
        volumes->shares[i] =
            (struct machine_share){.tag = tag, .folder = shares[i].host, .read_only = shares[i].read_only};
        list[count++] = make_setting("share", tag, &shares[i], arena);
    }
    for (size_t i = 0; i < volumes->disk_count; i++) {
        const char *serial = for_later ? disks[i].host : arena_printf(arena, "disk%zu", i);
        volumes->disks[i] = (struct machine_disk){serial, disks[i].host, disks[i].read_only};
        list[count++] = make_setting("disk", serial, &disks[i], arena);
    }
    add_settings(settings, list, count, arena);
    return 0;
}

int volumes_check(const struct volumes *volumes, struct err *err)
{
    for (size_t i = 0; i < volumes->share_count; i++)
        if (machine_check_share(&volumes->shares[i], err) != 0) {
            err_prefix(err, "--mount");
            return -1;
        }
    for (size_t i = 0; i < volumes->disk_count; i++)
        if (machine_check_disk(&volumes->disks[i], err) != 0) {
            err_prefix(err, "--disk");
            return -1;
        }
    return 0;
}
