/* die_unit.h: what the readers of DIEs (die.c), of their units (die_units.c) and of lists (die_list.c) share. */
#ifndef LLVM_DIE_UNIT_H
#define LLVM_DIE_UNIT_H

#include "llvm/die.h"

struct abbreviation {
    uint32_t tag;
    bool has_children;
    struct dwarf_bytes attributes; /* name, form, and a constant where the form has it there */
};

struct die_unit {
    struct dwarf_unit dwarf;                  /* its bytes are the DIEs */
    uint64_t offset, end;                     /* in .debug_info; the offset is what references count from */
    const struct abbreviation *abbreviations; /* by code - 1 */
    uint32_t abbreviation_count;
    uint64_t low_pc, string_base, address_base, range_base, location_base;
};

struct attribute {
    uint64_t form;
    int64_t constant;         /* DW_FORM_implicit_const's */
    struct dwarf_bytes bytes; /* where the value begins */
    const struct die_unit *unit;
};

/* Finds an attribute of a DIE, or of the declaration or the abstract function that it completes. */
bool die_find(const struct die *die, unsigned name, struct attribute *attribute);

/* Entry number `index`, of 4 bytes, of a table that begins at `base`; 0 where there is none. */
uint64_t die_read_entry(struct dwarf_bytes section, uint64_t base, uint64_t index);

/* An address by its index in the unit's part of .debug_addr. */
uint64_t die_read_address(const struct die_info *info, const struct die_unit *unit, uint64_t index);

/* Whether values of this form are such indices. */
bool die_is_address_index(uint64_t form);

#endif
