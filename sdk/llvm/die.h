/* die.h: debugging information entries (DIEs; DWARF 5, sections 2 and 7.5) of a module's .debug_info, which may be
 * damaged or mean harm: what cannot be read is not there.
 *
 * The units and their abbreviations are read once, and then any thread may read DIEs, with a reader of its own. Going
 * from one DIE to the next spends the reader's budget, so that a walk ends, whatever refers to what. */
#ifndef LLVM_DIE_H
#define LLVM_DIE_H

#include "base/arena.h"
#include "wasm/module.h"
#include "llvm/dwarf.h"
#include "llvm/dwarf_names.h"

struct abbreviation;
struct die_unit;

struct die_info {
    struct dwarf_bytes info, abbreviations, strings, line_strings, string_offsets, addresses;
    struct dwarf_bytes locations, location_lists, ranges, range_lists;
    struct die_unit *units; /* in the order of .debug_info */
    uint32_t unit_count;
};

struct die_reader {
    const struct die_info *info;
    uint64_t budget; /* bytes of DIEs that it may still step over */
};

struct die {
    struct die_reader *reader;
    const struct die_unit *unit;
    const struct abbreviation *abbreviation;
    uint64_t offset;               /* in .debug_info */
    struct dwarf_bytes attributes; /* and all behind them in the unit */
};

/* Reads the units that have 32-bit addresses, as far as they can be read; on the arena. */
struct die_info *die_info_read(const struct wasm_module *wasm, struct arena *arena);

/* A reader of them; it holds nothing that would have to be freed. */
struct die_reader die_reader_make(const struct die_info *info);

/* A unit's own DIE; the DIE at an offset; the first one below a DIE; the next one beside it, in its place. */
bool die_of_unit(struct die_reader *reader, uint32_t unit, struct die *die);
bool die_at(struct die_reader *reader, uint64_t offset, struct die *die);
bool die_child(const struct die *die, struct die *child);
bool die_next(struct die *die);

/* Spends some budget; false where there is no more. */
bool die_spend(struct die_reader *reader, uint64_t amount);

/* Where the unit of a DIE ends, in .debug_info. */
uint64_t die_unit_end(const struct die *die);

unsigned die_tag(const struct die *die);

/* Attributes, also those of the declaration or the abstract function that a DIE completes. Strings are "" where there
 * is none; the others are false where there is none of that class. */
const char *die_string(const struct die *die, unsigned name);
const char *die_name(const struct die *die); /* DW_AT_name */
bool die_has(const struct die *die, unsigned name);
bool die_number(const struct die *die, unsigned name, uint64_t *value);
bool die_flag(const struct die *die, unsigned name);
bool die_block(const struct die *die, unsigned name, struct dwarf_bytes *block);
bool die_reference(const struct die *die, unsigned name, struct die *target);

/* A list of address ranges (DW_AT_ranges, or low_pc and high_pc), or of places (DW_AT_location). */
struct die_list {
    const struct die_unit *unit;
    const struct die_info *info;
    struct dwarf_bytes bytes;
    uint64_t base; /* what addresses count from */
    bool has_blocks, is_single;
    uint64_t begin, end; /* of a single range */
};

bool die_list_open(struct die_list *list, const struct die *die, unsigned name);

/* The next entry; false at the end. `block` is set in lists of places. */
bool die_list_next(struct die_list *list, uint64_t *begin, uint64_t *end, struct dwarf_bytes *block);

#endif
