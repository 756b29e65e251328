/* imports.h: what a program asks of its system, and whether the system has it.
 *
 * In objects an import is an undefined symbol: `module.function` if wasi.def lists it with the same type or not at
 * all, else `module.function:iii:i` with the type that the program declares, so that it can never bind to a function
 * of another type (docs/abi.md). */
#ifndef LINK_IMPORTS_H
#define LINK_IMPORTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/elf.h"
#include "link/archive.h"

/* The undefined symbols of an object that are imports, a NULL-terminated list on the arena. */
const char **imports_list(const struct elf *object, struct arena *arena);

enum import_state {
    IMPORT_FOUND,
    IMPORT_MISSING,    /* nothing of that name */
    IMPORT_OTHER_TYPE, /* the name is there, with another type */
};

/* Whether a system's archive has the import of that symbol. */
enum import_state imports_find(const struct archive *archive, const char *symbol);

/* Appends what is wrong with an import of a program for `system`:
 * "import wasi_snapshot_preview1.sock_accept: x86_64-mewz does not have it yet". */
void imports_explain(const char *symbol, enum import_state state, const char *system, struct buf *text);

#endif
