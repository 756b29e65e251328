/* program_code.h: the functions of a linked program, by its code map (abi.h, struct mewz_code_map). */
#ifndef LINK_PROGRAM_CODE_H
#define LINK_PROGRAM_CODE_H

#include "base/arena.h"
#include "base/elf.h"

struct program_func {
    const char *module; /* file name of the module without its folder */
    const char *name;
    uint32_t index;     /* in the module; UINT32_MAX for what the compiler added */
    uint64_t address;   /* of its native code */
    uint32_t code_size; /* 0 where nothing calls the function, or it was inlined wherever it is called */
    uint32_t wasm_offset, wasm_size;
    uint64_t rows; /* address of its rows, for program_code_rows */
    uint32_t row_count;
};

struct program_row { /* code from here up to the next row */
    uint64_t address;
    uint32_t wasm_offset; /* where it comes from; what lies before the first row, from the function as such */
};

struct program_code {
    struct program_func *funcs; /* of all modules, each one's in ascending order of address */
    size_t func_count;
};

/* Reads it on the arena; names point into the file's bytes. False where the file has no whole map
 * of this version of the contract. */
bool program_code_read(const struct elf *elf, struct program_code *code, struct arena *arena);

/* The function's rows, row_count of them in ascending order of address; NULL where they are not in the file. */
const struct program_row *program_code_rows(const struct elf *elf, const struct program_func *func,
                                            struct arena *arena);

#endif
