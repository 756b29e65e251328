/* The link, step by step: check what the object asks for, write the boot configuration, link, and for a kernel link
 * again with the table of its own functions. */
#include "link/link.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/proc.h"
#include "link/archive.h"
#include "link/blob.h"
#include "link/imports.h"
#include "link/ksyms.h"
#include "link/program.h"
#include "link/sizes.h"

#include <mewz/ksyms.h>
#include <mewz/provenance.h>
#include <mewz/tree.h>

static const struct link_target targets[] = {
    {"x86_64-mewz", true},
    {"x86_64-linux", false},
};

const struct link_target *link_target_find(const char *name)
{
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (strcmp(targets[i].name, name) == 0)
            return &targets[i];
    return NULL;
}

#define WASI_PREFIX "wasi_snapshot_preview1."

struct linkage {
    const struct link_options *options;
    const char *object;
    char *archive; /* libmewz.a and link.ld of the target */
    char *script;
    struct temp_dir temp;
    const char **missing; /* imports that become traps, NULL-terminated */
    const char **traced;  /* imports whose calls are told, likewise */
    struct file_tree tree;
    struct arena arena;
};

/* --- step 1: what the object asks for --- */

/* Removes from a NULL-terminated list of imports those that the archive has. */
static void keep_missing(const char **imports, const struct archive *archive)
{
    size_t count = 0;
    for (const char **symbol = imports; *symbol; symbol++)
        if (imports_find(archive, *symbol) != IMPORT_FOUND)
            imports[count++] = *symbol;
    imports[count] = NULL;
}

/* The same with those that an object defines. */
static int drop_defined(const char **imports, const char *path, struct err *err)
{
    struct file file;
    struct elf elf;
    if (file_read(&file, path, err) != 0)
        return -1;
    int result = elf_open(&elf, path, file.data, file.size, err);
    if (result == 0 && elf.header.e_type != ET_REL)
        result = err_set(err, "%s: not an object", path);
    size_t count = 0;
    for (const char **symbol = imports; result == 0 && *symbol; symbol++) {
        struct elf_symbol ignored;
        if (!elf_find_symbol(&elf, *symbol, &ignored))
            imports[count++] = *symbol;
    }
    if (result == 0)
        imports[count] = NULL;
    file_close(&file);
    return result;
}

static int drop_defined_by_objects(const char **imports, const char *const *objects, struct err *err)
{
    for (; objects && *objects; objects++)
        if (drop_defined(imports, *objects, err) != 0)
            return -1;
    return 0;
}

static int refuse_imports(const char *const *missing, const struct link_options *options, const struct archive *archive,
                          struct err *err)
{
    struct buf text = {0};
    for (const char *const *symbol = missing; *symbol; symbol++) {
        buf_printf(&text, symbol == missing ? "" : "; ");
        imports_explain(*symbol, imports_find(archive, *symbol), options->target->name, &text);
    }
    err_set(err, "%s: %.*s (--allow-missing makes it a trap when called)", options->name, (int)text.size, text.data);
    buf_free(&text);
    return -1;
}

int link_check_imports(const char **imports, const struct link_options *options, struct err *err)
{
    struct arena arena = {0};
    struct archive archive;
    char *path = sdk_file(arena_printf(&arena, "lib/%s/libmewz.a", options->target->name), err);
    int result = path ? drop_defined_by_objects(imports, options->objects, err) : -1;
    if (result == 0)
        result = archive_open(&archive, path, err);
    if (result == 0) {
        keep_missing(imports, &archive);
        bool can_trap = options->allow_missing;
        for (const char **symbol = imports; *symbol; symbol++)
            can_trap &= !strchr(*symbol, '='); /* --defsym could not name it */
        if (*imports && !can_trap)
            result = refuse_imports(imports, options, &archive, err);
        archive_close(&archive);
    }
    free(path);
    arena_free(&arena);
    return result;
}

static bool is_listed(const char *symbol, const char *const *list)
{
    while (*list && strcmp(*list, symbol) != 0)
        list++;
    return *list != NULL;
}

/* Those of the imports that trace/wasi.c can tell of: WASI's that the system has, of the usual type. */
static const char **list_traced(const struct linkage *linkage, const char *const *imports, struct arena *arena)
{
    size_t count = 0;
    while (imports[count])
        count++;
    const char **traced = arena_array(arena, count + 1, sizeof *traced);
    count = 0;
    for (; linkage->options->trace_wasi && *imports; imports++)
        if (strncmp(*imports, WASI_PREFIX, strlen(WASI_PREFIX)) == 0 && !strchr(*imports, ':') &&
            !is_listed(*imports, linkage->missing))
            traced[count++] = arena_copy_string(arena, *imports, strlen(*imports));
    return traced;
}

static int check_elf(struct linkage *linkage, const struct file *file, struct err *err)
{
    const char *name = linkage->options->name;
    struct elf object;
    struct mewz_program program;
    if (elf_open(&object, name, file->data, file->size, err) != 0)
        return -1;
    if (object.header.e_type != ET_REL || !program_find(&object, &program))
        return err_set(err, "%s: not an object that `mewz-cc compile` made: it does not define mewz_program", name);
    linkage->missing = imports_list(&object, &linkage->arena);
    int result = link_check_imports(linkage->missing, linkage->options, err);
    if (result == 0)
        linkage->traced = list_traced(linkage, imports_list(&object, &linkage->arena), &linkage->arena);
    return result;
}

static int check_object(struct linkage *linkage, struct err *err)
{
    struct file file;
    if (file_read(&file, linkage->object, err) != 0)
        return -1;
    int result = check_elf(linkage, &file, err);
    /* The list of missing imports points into the file. */
    for (const char **symbol = linkage->missing; symbol && *symbol; symbol++)
        *symbol = arena_copy_string(&linkage->arena, *symbol, strlen(*symbol));
    file_close(&file);
    return result;
}

/* --- blobs --- */

static const char *temp_path(struct linkage *linkage, const char *name)
{
    return arena_printf(&linkage->arena, "%s/%s", linkage->temp.path, name);
}

static int write_blob(struct linkage *linkage, const char *name, const struct blob *blob, struct err *err)
{
    struct buf object = {0};
    blob_encode(blob, &object);
    struct output output;
    int result = output_begin(&output, temp_path(linkage, name), err);
    if (result == 0 && (result = output_write(&output, object.data, object.size, err)) == 0)
        result = output_commit(&output, err);
    output_discard(&output);
    buf_free(&object);
    return result;
}

static int write_config(struct linkage *linkage, struct err *err)
{
    struct buf bytes = {0};
    link_config_encode(&linkage->options->config, &bytes);
    struct blob blob = {
        ".rodata.mewz_config", "mewz_config_start", "mewz_config_end", bytes.data, bytes.size, 0, false, 0};
    int result = write_blob(linkage, "config.o", &blob, err);
    buf_free(&bytes);
    return result;
}

static int write_tree_object(struct linkage *linkage, struct err *err)
{
    const struct buf *bytes = &linkage->tree.bytes;
    struct blob blob = {.section = ".rodata.mewz_tree",
                        .start = "mewz_tree_start",
                        .end = "mewz_tree_end",
                        .bytes = bytes->data,
                        .size = bytes->size,
                        .alignment = MEWZ_TREE_PAGE};
    return write_blob(linkage, "tree.o", &blob, err);
}

/* Makes the section that tree_append_files fills. */
static int write_files_object(struct linkage *linkage, struct err *err)
{
    struct mewz_files header = tree_files_header(&linkage->tree);
    struct blob blob = {.section = MEWZ_FILES_SECTION,
                        .bytes = &header,
                        .size = sizeof header,
                        .alignment = MEWZ_TREE_PAGE,
                        .stays_in_file = true,
                        .type = MEWZ_FILES_TYPE};
    return write_blob(linkage, "files.o", &blob, err);
}

static int write_tree(struct linkage *linkage, struct err *err)
{
    const struct link_options *options = linkage->options;
    if (options->folder_count == 0)
        return 0;
    if (tree_encode(options->folders, options->folder_count, &linkage->tree, err) != 0 ||
        write_tree_object(linkage, err) != 0)
        return -1;
    return linkage->tree.files_size ? write_files_object(linkage, err) : 0;
}

static int write_version(struct linkage *linkage, struct err *err)
{
    struct blob blob = {
        .section = MEWZ_SECTION_SDK, .bytes = MEWZ_VERSION, .size = sizeof MEWZ_VERSION, .stays_in_file = true};
    return write_blob(linkage, "sdk.o", &blob, err);
}

static int write_ksyms(struct linkage *linkage, const char *kernel, struct err *err)
{
    struct file file;
    struct elf elf;
    if (file_read(&file, kernel, err) != 0)
        return -1;
    int result = elf_open(&elf, kernel, file.data, file.size, err);
    if (result == 0) {
        struct buf bytes = {0};
        ksyms_encode(&elf, &bytes);
        struct blob blob = {
            MEWZ_KSYMS_SECTION, "mewz_ksyms_start", "mewz_ksyms_end", bytes.data, bytes.size, 0, false, 0};
        result = write_blob(linkage, "ksyms.o", &blob, err);
        buf_free(&bytes);
    }
    file_close(&file);
    return result;
}

/* --- the linker --- */

#define LINKER_WORDS 30 /* of its command line, beside the imports and further objects; 29 are used */

static size_t count_strings(const char *const *strings)
{
    size_t count = 0;
    while (strings && strings[count])
        count++;
    return count;
}

/* Parts of the kernel that nothing refers to but by weak symbols, each there for a setting (mewz/config.h). */
static const struct {
    const char *setting, *symbol;
} wanted[] = {
    {"share=", "fuse_mount"},
    {"disk=", "ext4_mount"},
    {"metadata=", "metadata_fetch"},
};

static bool has_setting(const struct link_config *config, const char *beginning)
{
    for (const char *const *setting = config->settings; setting && *setting; setting++)
        if (strncmp(*setting, beginning, strlen(beginning)) == 0)
            return true;
    return false;
}

/* Adds the words that pull in what the settings need; returns their number. */
static size_t add_wanted(const struct linkage *linkage, const char **argv)
{
    size_t count = 0;
    for (size_t i = 0; linkage->options->target->is_kernel && i < sizeof wanted / sizeof *wanted; i++)
        if (has_setting(&linkage->options->config, wanted[i].setting)) {
            argv[count++] = "-u";
            argv[count++] = wanted[i].symbol;
        }
    if (linkage->options->profile) {
        argv[count++] = "-u";
        argv[count++] = "profile_begin";
    }
    return count;
}

/* Links the object and the configuration, and `ksyms` if it is not NULL. pkgconfig/mewz.pc and docs/linking.md show
 * the same command. */
static int run_linker(struct linkage *linkage, const char *ksyms, const char *path, struct err *err)
{
    const char *const *objects = linkage->options->objects;
    size_t words = count_strings(linkage->missing) + count_strings(objects) + 2 * count_strings(linkage->traced);
    const char **argv = arena_array(&linkage->arena, words + LINKER_WORDS, sizeof *argv);
    size_t count = 0;
    argv[count++] = "ld.lld-19";
    argv[count++] = "--gc-sections";
    argv[count++] = "--eh-frame-hdr"; /* by which the runtime finds a function's unwind rules */
    argv[count++] = "--build-id=none";
    argv[count++] = "--no-mmap-output-file"; /* on a full disk that would be a bus error */
    if (!linkage->options->debug)
        argv[count++] = "--strip-debug";
    if (linkage->options->verbose)
        argv[count++] = arena_printf(&linkage->arena, "--Map=%s", temp_path(linkage, "map"));
    argv[count++] = "-T";
    argv[count++] = linkage->script;
    argv[count++] = linkage->object;
    argv[count++] = temp_path(linkage, "config.o");
    argv[count++] = temp_path(linkage, "sdk.o");
    if (linkage->options->folder_count)
        argv[count++] = temp_path(linkage, "tree.o"); /* not linked where the program has no function on paths */
    if (linkage->tree.files_size) {
        argv[count++] = temp_path(linkage, "files.o");
        argv[count++] = "-u"; /* as add_wanted's symbols */
        argv[count++] = "drive_open";
    }
    if (ksyms)
        argv[count++] = ksyms;
    count += add_wanted(linkage, argv + count);
    while (objects && *objects)
        argv[count++] = *objects++;
    for (const char **symbol = linkage->missing; *symbol; symbol++)
        argv[count++] = arena_printf(&linkage->arena, "--defsym=%s=mewz_missing_import", *symbol);
    for (const char **symbol = linkage->traced; *symbol; symbol++) {
        argv[count++] = arena_printf(&linkage->arena, "--wrap=%s", *symbol);
        argv[count++] = arena_printf(&linkage->arena, "--undefined=%s", *symbol); /* the tracer's reference is weak */
    }
    argv[count++] = linkage->archive;
    argv[count++] = "-o";
    argv[count++] = path;
    int result = proc_run(argv, "lld-19", NULL, err);
    if (result != 0 && strstr(err->text, strerror(ENOSPC))) /* it does not say where */
        err_prefix(err, "%s", path);
    return result;
}

static int link_kernel(struct linkage *linkage, const char *path, struct err *err)
{
    const char *first = temp_path(linkage, "first.elf");
    if (run_linker(linkage, NULL, first, err) != 0 || write_ksyms(linkage, first, err) != 0)
        return -1;
    return run_linker(linkage, temp_path(linkage, "ksyms.o"), path, err);
}

static int link_steps(struct linkage *linkage, const char *path, struct err *err)
{
    const struct link_options *options = linkage->options;
    if (check_object(linkage, err) != 0 || temp_dir_make(&linkage->temp, err) != 0 || write_config(linkage, err) != 0 ||
        write_version(linkage, err) != 0 || write_tree(linkage, err) != 0)
        return -1;
    int result = options->target->is_kernel ? link_kernel(linkage, path, err) : run_linker(linkage, NULL, path, err);
    if (result == 0 && options->verbose)
        result = sizes_print(temp_path(linkage, "map"), linkage->object, stderr, err);
    if (result == 0)
        result = tree_append_files(&linkage->tree, path, err);
    return result;
}

int link_program(const char *object, const struct link_options *options, const char *path, struct err *err)
{
    struct linkage linkage = {.options = options, .object = object};
    const char *system = options->target->name;
    linkage.archive = sdk_file(arena_printf(&linkage.arena, "lib/%s/libmewz.a", system), err);
    linkage.script = sdk_file(arena_printf(&linkage.arena, "lib/%s/link.ld", system), err);
    int result = linkage.archive && linkage.script ? link_steps(&linkage, path, err) : -1;
    temp_dir_remove(&linkage.temp);
    tree_free(&linkage.tree);
    free(linkage.archive);
    free(linkage.script);
    arena_free(&linkage.arena);
    return result;
}
