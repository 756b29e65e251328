/* mewz-cc disk: make the file systems that `run --disk` takes, and look into them. */
#include <stdio.h>
#include <string.h>

#include "cc/settings.h"
#include "cc/suggest.h"
#include "disk/disk.h"

static const char help[] = "create  makes FILE, a disk with an empty ext4 file system for run --disk\n"
                           "ls      prints the entries of a folder on a disk: kind, size, name\n"
                           "cp      copies a file to a disk, or from one: DISK:/PATH is what is on a disk\n";

/* DISK:/PATH, DISK for its root where `alone`, or else a file of the host. */
static struct disk_place parse_place(const char *text, bool alone, struct arena *arena)
{
    const char *colon = strstr(text, ":/");
    if (colon)
        return (struct disk_place){arena_copy_string(arena, text, (size_t)(colon - text)), colon + 1};
    return alone ? (struct disk_place){text, "/"} : (struct disk_place){NULL, text};
}

static int create(struct settings *settings, const struct command_line *line, struct err *err)
{
    const char *label = settings->file_system_label;
    if (line->operand_count != 2 || settings->disk_size == 0)
        return err_set_status(err, EXIT_USAGE, "disk create: expected FILE --size SIZE (see mewz-cc disk --help)");
    if (label && strlen(label) > 16)
        return err_set_status(err, EXIT_USAGE, "disk create: --label %s: longer than 16 bytes", label);
    return disk_create(line->operands[1], settings->disk_size, label, err);
}

static int list(struct settings *settings, const struct command_line *line, struct err *err)
{
    if (line->operand_count != 2)
        return err_set_status(err, EXIT_USAGE, "disk ls: expected DISK or DISK:/PATH (see mewz-cc disk --help)");
    struct disk_place place = parse_place(line->operands[1], true, &settings->arena);
    return disk_list(&place, err);
}

static int copy(struct settings *settings, const struct command_line *line, struct err *err)
{
    if (line->operand_count != 3)
        return err_set_status(err, EXIT_USAGE, "disk cp: expected two files (see mewz-cc disk --help)");
    struct disk_place from = parse_place(line->operands[1], false, &settings->arena);
    struct disk_place to = parse_place(line->operands[2], false, &settings->arena);
    return disk_copy(&from, &to, err);
}

static const char *const command_names[] = {"create", "ls", "cp"};
static verb_action *const commands[] = {create, list, copy};
#define COMMAND_COUNT (sizeof commands / sizeof *commands)

static int run_command(struct settings *settings, const struct command_line *line, struct err *err)
{
    const char *name = line->operands[0];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(name, command_names[i]) == 0)
            return commands[i](settings, line, err);
    return err_set_status(err, EXIT_USAGE, "disk: %s: %s", name,
                          suggest_text(name, command_names, COMMAND_COUNT, &settings->arena));
}

const struct verb verb_disk = {
    .name = "disk",
    .summary = "make disks with file systems, look into them, copy files",
    .usage = "create FILE --size SIZE [--label NAME] | ls DISK[:/PATH] | cp FROM TO",
    .help = help,
    .options = SETTINGS_DISK,
    .operand = "command",
    .operand_minimum = 1,
    .operand_maximum = 3,
    .action = run_command,
};
