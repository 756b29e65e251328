/* cfi.h: the unwind rules of .eh_frame (Linux Standard Base, core specification 5.0, section 10.6; DWARF 5, 6.4), found
 * by the search table of .eh_frame_hdr. */
#ifndef RT_CFI_H
#define RT_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rt/reader.h"
#include "rt/unwind.h"

/* How the caller's value of a register is found. */
enum cfi_kind {
    CFI_SAME,      /* it is still there */
    CFI_SAVED,     /* in memory at CFA + value */
    CFI_IS_CFA,    /* it is CFA + value */
    CFI_REGISTER,  /* in the register `value` */
    CFI_UNDEFINED, /* lost; for the return address: this is the outermost frame */
};

struct cfi_rule {
    enum cfi_kind kind : 8;
    int32_t value;
};

/* The rules that hold at one address. The canonical frame address, the caller's stack pointer before the call, is the
 * value of register `cfa_register` plus `cfa_offset`. */
struct cfi_row {
    uint64_t cfa_register;
    int64_t cfa_offset;
    struct cfi_rule rules[UNWIND_REGISTERS];
    uint64_t args_size; /* bytes of arguments on the stack, which a handler in this function does not expect there */
    uint64_t function;  /* where the function begins */
    const uint8_t *handlers; /* its table of handlers (rt/handlers.h), or NULL */
};

/* Rules by address, the latest in each place: to find them takes as long as twenty steps of a walk, and a deep
 * recursion asks for the same few a hundred thousand times. All zeroes is an empty one. */
#define UNWIND_CACHE_SIZE 64

struct unwind_cache {
    struct cached_row {
        uint64_t address; /* 0: empty */
        bool found;
        struct cfi_row row;
    } rows[UNWIND_CACHE_SIZE];
};

/* A program's frame table [start, end), and the header that leads to a function's entry in it. */
struct cfi_table {
    const uint8_t *start, *end;
    const uint8_t *header;
};

/* Finds the rules for an address. False if no function in the table covers the address, or its description is damaged
 * or uses what compilers do not emit for this processor (DWARF expressions). */
bool cfi_find_row(const struct cfi_table *table, uint64_t address, struct cfi_row *row);

/* Reads a pointer in one of the table's encodings (LSB, 10.5.1), with what it is relative to, but without a load where
 * the encoding says that the pointer itself lies elsewhere. */
uint64_t cfi_read_encoded(struct reader *reader, uint8_t encoding);
#define CFI_ENCODING_OMIT     0xff /* there is none */
#define CFI_ENCODING_INDIRECT 0x80 /* the value is the address of the pointer */

#endif
