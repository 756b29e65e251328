/* source_units.h: which folder the compiler ran in, for each line table, from the compile units of .debug_info (DWARF
 * 4, section 3.1.1). From version 5 on line tables say it themselves. */
#ifndef LLVM_SOURCE_UNITS_H
#define LLVM_SOURCE_UNITS_H

#include "base/buf.h"
#include "llvm/dwarf.h"

struct source_unit {
    uint64_t table; /* the offset of its line table in .debug_line */
    const char *folder;
};

/* Appends those units that have both to `units`, struct source_unit, sorted for source_units_folder. False where a
 * unit cannot be read. */
bool source_units_read(struct dwarf_bytes info, struct dwarf_bytes abbreviations, struct dwarf_bytes strings,
                       struct buf *units);

/* The folder, or NULL where it is not known. */
const char *source_units_folder(const struct buf *units, uint64_t table);

#endif
