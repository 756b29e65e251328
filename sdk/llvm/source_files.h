/* source_files.h: the tables of folders and files in the header of a line table (DWARF 5, section 6.2.4). */
#ifndef LLVM_SOURCE_FILES_H
#define LLVM_SOURCE_FILES_H

#include "base/arena.h"
#include "base/buf.h"
#include "llvm/dwarf.h"

struct source_entry {
    const char *name; /* in the section; NULL where it cannot be read */
    uint64_t folder;  /* of a file: in the table of folders */
};

struct source_files {
    struct buf folders, files; /* struct source_entry, numbered as the program does */
};

/* Reads the tables from `bytes`; before version 5 `folder` is that of the compile unit, or NULL. False where they end
 * too early, or have what nobody writes. The caller calls source_files_fini in any case. */
bool source_files_read(struct source_files *files, struct dwarf_bytes bytes, const struct dwarf_unit *unit,
                       const char *folder);
void source_files_fini(struct source_files *files);

/* Files have numbers below this. */
uint64_t source_files_count(const struct source_files *files);

/* A file's path, on the arena. Its size, with the zero at its end, goes off `*budget`; NULL where there is none, or it
 * is longer than that or than paths can be. */
const char *source_files_path(const struct source_files *files, uint64_t index, uint64_t *budget, struct arena *arena);

#endif
