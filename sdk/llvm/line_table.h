/* line_table.h: read the line tables (DWARF 4, section 6.2) that LLVM wrote into an object. */
#ifndef LLVM_LINE_TABLE_H
#define LLVM_LINE_TABLE_H

#include "base/buf.h"
#include "base/elf.h"

struct line_row {
    uint64_t address; /* from the start of the text section */
    uint32_t offset;  /* in the wasm module, of what lies from here to the next row; 0: unknown */
};

/* Appends the rows of the object, struct line_row, to `rows`, in the order of the table. Offsets in the module are the
 * table's lines or discriminators (debug.h). */
int line_table_read(const struct elf *elf, bool wants_discriminators, struct buf *rows, struct err *err);

#endif
