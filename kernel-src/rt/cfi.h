/* cfi.h: the unwind rules of .eh_frame (Linux Standard Base, core specification 5.0, section 10.6; DWARF 5, 6.4). */
#ifndef RT_CFI_H
#define RT_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
};

/* Finds the rules for an address in the frame table [start, end). False if no function in it covers the address, or
 * its description is damaged or uses what compilers do not emit for this processor (DWARF expressions). */
bool cfi_find_row(const uint8_t *start, const uint8_t *end, uint64_t address, struct cfi_row *row);

#endif
