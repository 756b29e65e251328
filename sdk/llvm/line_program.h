/* line_program.h: the line number program of one unit in .debug_line (DWARF 2 to 5, section 6.2), run.
 *
 * A program gives at most one row for each of its bytes. */
#ifndef LLVM_LINE_PROGRAM_H
#define LLVM_LINE_PROGRAM_H

#include "llvm/dwarf.h"

/* A row of the table (6.2.2). */
struct line_state {
    uint64_t address;
    uint32_t file, line, column, discriminator;
    bool ends_sequence; /* what was before ends here, and nothing begins */
};

struct line_program {
    struct dwarf_bytes files; /* the header's tables of folders and files, up to the program */
    struct dwarf_bytes code;
    uint8_t min_instruction, line_range, opcode_base;
    int8_t line_base;
    const uint8_t *operand_counts; /* of standard opcode 1 and up */

    /* The caller's: takes a row; and, unless it is NULL, says what address is meant at a place of the section. */
    void (*add_row)(void *context, const struct line_state *state);
    uint64_t (*relocate)(void *context, const uint8_t *place, uint64_t address);
    void *context;
};

/* Reads the unit's header, and sets its version and address size; false where there is no such program. */
bool line_program_open(struct line_program *program, struct dwarf_unit *unit);

/* False where the program ends too early: the rows up to there were taken. */
bool line_program_run(const struct line_program *program);

#endif
