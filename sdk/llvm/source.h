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

struct source {
    const char **files;      /* paths; relative ones as the compiler was given them */
    struct source_row *rows; /* in ascending order of offset */
    uint32_t file_count, row_count;
    bool is_damaged; /* some of it cannot be read */
};

/* Reads the line tables; all of it is on the arena. */
struct source *source_read(const struct wasm_module *wasm, struct arena *arena);

/* The row of the instruction at an offset, or NULL where its place is unknown. Any thread may call it. */
const struct source_row *source_find(const struct source *source, uint32_t offset);

#endif
