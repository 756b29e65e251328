/* source.h: the source code that a module was compiled from, as its DWARF sections tell it (DWARF for WebAssembly: in
 * custom sections, addresses count from the start of the code section's content).
 *
 * What a module says there is for debuggers alone. Where it is damaged, less is known, and nothing fails. Time and
 * memory grow with the sections' sizes, whatever is in them. */
#ifndef LLVM_SOURCE_H
#define LLVM_SOURCE_H

#include "wasm/module.h"

/* An instruction's place. */
struct source_row {
    uint32_t offset; /* in the module; the row holds up to the next one */
    uint32_t file;   /* in source.files */
    uint32_t line;   /* 0: unknown */
    uint32_t column; /* 0: unknown */
};

struct die_info;

/* A function that the module's DWARF describes (source_dies.h). */
struct source_func {
    uint32_t offset; /* in the module, of its body */
    uint64_t die;    /* offset in .debug_info */
};

/* A namespace, structure or class: the DIEs from `begin` up to `end`, as far as they are in the ones round it too. */
struct source_scope {
    uint64_t begin, end;
    uint32_t parent;  /* index + 1; 0: none */
    const char *path; /* as it stands before a name: "std::" */
};

struct source {
    const char **files;      /* paths; relative ones as the compiler was given them */
    struct source_row *rows; /* in ascending order of offset */
    uint32_t file_count, row_count;
    bool is_damaged; /* some of it cannot be read */

    const struct die_info *dies; /* die.h */
    struct source_func *funcs;   /* in ascending order of offset */
    uint64_t *globals;           /* DIEs of variables outside of functions */
    struct source_scope *scopes; /* in ascending order of begin */
    uint32_t func_count, global_count, scope_count;
    bool is_cplus;        /* a part of it is C++ */
    uint32_t code_offset; /* of the code section's content: addresses in the DWARF count from there */
};

/* Reads the line tables and finds the functions; all of it is on the arena. */
struct source *source_read(const struct wasm_module *wasm, struct arena *arena);

/* The row of the instruction at an offset, or NULL where its place is unknown. Any thread may call it. */
const struct source_row *source_find(const struct source *source, uint32_t offset);

/* The function whose body is there, or NULL. */
const struct source_func *source_find_func(const struct source *source, uint32_t offset);

#endif
