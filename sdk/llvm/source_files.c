/* source_files.c: see source_files.h. Each entry takes a byte at least, so that tables are no larger than their bytes
 * make them. */
#include "llvm/source_files.h"

#include <string.h>

enum content { LNCT_PATH = 1, LNCT_DIRECTORY_INDEX };

static void add_entry(struct buf *entries, const char *name, uint64_t folder)
{
    struct source_entry entry = {.name = name, .folder = folder};

    buf_append(entries, &entry, sizeof(entry));
}

/* Before version 5: names one after the other, up to an empty one. Folder 0 is the compile unit's, there is no file 0.
 */
static bool read_old_tables(struct source_files *files, struct dwarf_bytes *bytes, const char *folder)
{
    const char *name;

    add_entry(&files->folders, folder, 0);
    while (*(name = dwarf_read_string(bytes)))
        add_entry(&files->folders, name, 0);
    add_entry(&files->files, NULL, 0);
    while (*(name = dwarf_read_string(bytes))) {
        add_entry(&files->files, name, dwarf_read_uleb(bytes));
        dwarf_read_uleb(bytes); /* time */
        dwarf_read_uleb(bytes); /* size */
    }
    return !bytes->failed;
}

/* One entry, as `format` says: kinds of content, each with its form. */
static struct source_entry read_entry(struct dwarf_bytes *bytes, struct dwarf_bytes format,
                                      const struct dwarf_unit *unit)
{
    struct source_entry entry = {0};

    while (format.at < format.end) {
        uint64_t content = dwarf_read_uleb(&format);
        struct dwarf_value value = dwarf_read_value(bytes, dwarf_read_uleb(&format), unit);

        if (content == LNCT_PATH)
            entry.name = value.string;
        else if (content == LNCT_DIRECTORY_INDEX)
            entry.folder = value.number;
    }
    return entry;
}

static bool read_table(struct buf *entries, struct dwarf_bytes *bytes, const struct dwarf_unit *unit)
{
    uint64_t parts = dwarf_read_number(bytes, 1), count;
    struct dwarf_bytes format = {.at = bytes->at};

    for (; parts > 0; parts--) {
        dwarf_read_uleb(bytes);
        dwarf_read_uleb(bytes);
    }
    format.end = bytes->at;
    count = dwarf_read_uleb(bytes);
    for (; count > 0 && !bytes->failed; count--) {
        const uint8_t *begin = bytes->at;
        struct source_entry entry = read_entry(bytes, format, unit);

        if (bytes->at == begin)
            return false;
        buf_append(entries, &entry, sizeof(entry));
    }
    return !bytes->failed;
}

bool source_files_read(struct source_files *files, struct dwarf_bytes bytes, const struct dwarf_unit *unit,
                       const char *folder)
{
    *files = (struct source_files){0};
    if (unit->version < 5)
        return read_old_tables(files, &bytes, folder);
    return read_table(&files->folders, &bytes, unit) && read_table(&files->files, &bytes, unit);
}

void source_files_fini(struct source_files *files)
{
    buf_free(&files->folders);
    buf_free(&files->files);
}

uint64_t source_files_count(const struct source_files *files)
{
    return files->files.size / sizeof(struct source_entry);
}

static const struct source_entry *entry_at(const struct buf *entries, uint64_t index)
{
    return index < entries->size / sizeof(struct source_entry) ? (const struct source_entry *)entries->data + index
                                                               : NULL;
}

const char *source_files_path(const struct source_files *files, uint64_t index, uint64_t *budget, struct arena *arena)
{
    const struct source_entry *file = entry_at(&files->files, index), *folder;
    size_t size, folder_size = 0;
    char *path;

    if (!file || !file->name)
        return NULL;
    folder = *file->name == '/' ? NULL : entry_at(&files->folders, file->folder);
    size = strnlen(file->name, DWARF_STRING_MAX);
    if (folder && folder->name)
        folder_size = strnlen(folder->name, DWARF_STRING_MAX) + 1;
    if (size + folder_size >= DWARF_STRING_MAX || size + folder_size >= *budget)
        return NULL;
    *budget -= size + folder_size + 1;
    path = arena_alloc(arena, folder_size + size + 1);
    if (folder_size > 0) {
        memcpy(path, folder->name, folder_size - 1);
        path[folder_size - 1] = '/';
    }
    memcpy(path + folder_size, file->name, size);
    return path;
}
