/* mewz-cc disk: make the file systems that `run --disk` takes, and look into them. */
#include <stdio.h>
#include <string.h>

#include "cc/options.h"
#include "cc/verb.h"
#include "disk/disk.h"

static const char help[] = "create  makes FILE, a disk with an empty ext4 file system for run --disk\n"
                           "ls      prints the entries of a folder on a disk: kind, size, name\n"
                           "cp      copies a file to a disk, or from one: DISK:/PATH is what is on a disk\n";

struct disk_settings {
    uint64_t size;
    const char *label;
};

#define AT(member) offsetof(struct disk_settings, member)

static const struct option options[] = {
    {1, "--size", "SIZE", OPTION_SIZE, AT(size), NULL, "of the disk to create, such as 1GiB"},
    {1, "--label", "NAME", OPTION_STRING, AT(label), NULL, "the name of its file system"},
};

/* DISK:/PATH, DISK for its root where `alone`, or else a file of the host. */
static struct disk_place parse_place(const char *text, bool alone, struct arena *arena)
{
    const char *colon = strstr(text, ":/");
    if (colon)
        return (struct disk_place){arena_copy_string(arena, text, (size_t)(colon - text)), colon + 1};
    return alone ? (struct disk_place){text, "/"} : (struct disk_place){NULL, text};
}

static int create(const struct command_line *line, struct err *err)
{
    const struct disk_settings *settings = line->values;
    if (line->operand_count != 2 || settings->size == 0)
        return err_set_status(err, EXIT_USAGE, "disk create: expected FILE --size SIZE (see mewz-cc disk --help)");
    if (settings->label && strlen(settings->label) > 16)
        return err_set_status(err, EXIT_USAGE, "disk create: --label %s: longer than 16 bytes", settings->label);
    return disk_create(line->operands[1], settings->size, settings->label, err);
}

static int list(const struct command_line *line, struct err *err)
{
    if (line->operand_count != 2)
        return err_set_status(err, EXIT_USAGE, "disk ls: expected DISK or DISK:/PATH (see mewz-cc disk --help)");
    struct arena arena = {0};
    struct disk_place place = parse_place(line->operands[1], true, &arena);
    int result = disk_list(&place, err);
    arena_free(&arena);
    return result;
}

static int copy(const struct command_line *line, struct err *err)
{
    if (line->operand_count != 3)
        return err_set_status(err, EXIT_USAGE, "disk cp: expected two files (see mewz-cc disk --help)");
    struct arena arena = {0};
    struct disk_place from = parse_place(line->operands[1], false, &arena);
    struct disk_place to = parse_place(line->operands[2], false, &arena);
    int result = disk_copy(&from, &to, err);
    arena_free(&arena);
    return result;
}

static const struct {
    const char *name;
    int (*run)(const struct command_line *line, struct err *err);
} commands[] = {{"create", create}, {"ls", list}, {"cp", copy}};

static int run_command(const struct command_line *line, struct err *err)
{
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(line->operands[0], commands[i].name) == 0)
            return commands[i].run(line, err);
    return err_set_status(err, EXIT_USAGE, "disk: unknown command %s: create, ls or cp", line->operands[0]);
}

static int run(char **argv, struct err *err)
{
    struct disk_settings settings = {0};
    struct command_line line = {
        .verb = "disk",
        .verb_bit = 1,
        .usage = "create FILE --size SIZE [--label NAME] | ls DISK[:/PATH] | cp FROM TO",
        .help = help,
        .options = options,
        .option_count = sizeof options / sizeof *options,
        .values = &settings,
        .operand_minimum = 1,
        .operand_maximum = 3,
    };
    struct arena arena = {0};
    int result = options_parse(&line, argv, &arena, err);
    if (result == 0 && !line.wants_help)
        result = run_command(&line, err);
    arena_free(&arena);
    return result == 0 ? EXIT_OK : -1;
}

const struct verb verb_disk = {"disk", "make disks with file systems, look into them, copy files", run};
