/* mewz-cc new: begin a project from one of the templates, which are folders of the SDK. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/memory.h"
#include "base/proc.h"
#include "base/text.h"
#include "cc/settings.h"
#include "cc/suggest.h"

#define TEMPLATES "share/mewz/templates"

static const char help[] = "Makes a folder with a small program, a Makefile and a mewz.toml: a project that builds\n"
                           "and runs with make and make run. Without --template it is one in C.\n";

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int unknown_template(const char *name, const char *folder, struct arena *arena, struct err *err)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_visible, alphasort);
    if (count < 0)
        return err_set_errno(err, "%s", folder);
    const char **names = arena_array(arena, (size_t)count + 1, sizeof *names);
    for (int i = 0; i < count; i++) {
        names[i] = arena_printf(arena, "%s", entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return err_set_status(err, EXIT_USAGE, "new: --template %s: %s", name,
                          suggest_text(name, names, (size_t)count, arena));
}

static int copy_files(const char *from, const char *to, struct err *err);

/* A file, or a folder with everything in it. */
static int copy(const char *from, const char *to, struct err *err)
{
    struct stat status;
    if (stat(from, &status) != 0)
        return err_set_errno(err, "%s", from);
    if (!S_ISDIR(status.st_mode))
        return file_copy(from, to, err);
    if (mkdir(to, 0777) != 0)
        return err_set_errno(err, "%s", to);
    return copy_files(from, to, err);
}

static int copy_files(const char *from, const char *to, struct err *err)
{
    struct arena arena = {0};
    DIR *folder = opendir(from);
    if (!folder)
        return err_set_errno(err, "%s", from);
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(folder)) != NULL;)
        if (is_visible(entry))
            result = copy(arena_printf(&arena, "%s/%s", from, entry->d_name),
                          arena_printf(&arena, "%s/%s", to, entry->d_name), err);
    closedir(folder);
    arena_free(&arena);
    return result;
}

/* The folder appears with all of its files, or not at all. */
static int make_project(const char *template, const char *project, struct err *err)
{
    if (mkdir(project, 0777) != 0)
        return err_set_errno(err, "%s", project);
    char *unfinished = memory_copy_string(project);
    cleanup_add_path(unfinished);
    if (copy_files(template, project, err) != 0) {
        cleanup_remove_path(unfinished);
        return -1;
    }
    cleanup_forget_path(unfinished);
    return 0;
}

static int begin(struct settings *settings, const struct command_line *line, struct err *err)
{
    const char *name = settings->template ? settings->template : "c", *project = line->operands[0];
    char *folder = sdk_file(TEMPLATES, err);
    if (!folder)
        return -1;
    const char *template = arena_printf(&settings->arena, "%s/%s", folder, name);
    int result;
    if (!*name || strchr(name, '/') || *name == '.' || access(template, R_OK) != 0)
        result = unknown_template(name, folder, &settings->arena, err);
    else
        result = make_project(template, project, err);
    if (result == 0) {
        printf("%s: a project from the template %s\n  cd ", project, name);
        text_print_word(project, stdout);
        puts(" && make run");
    }
    free(folder);
    return result;
}

const struct verb verb_new = {
    .name = "new",
    .summary = "begin a project from a template",
    .usage = "FOLDER [--template NAME]",
    .help = help,
    .options = SETTINGS_NEW,
    .operand = "folder",
    .operand_minimum = 1,
    .operand_maximum = 1,
    .action = begin,
};
