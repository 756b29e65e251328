/* ksyms.h: the kernel's function names, for the backtrace of a panic.
 *
 * `mewz-cc link` links twice: the first result's symbol table gives this blob, and the second link puts it into the
 * section `.mewz.ksyms`, which link.ld places behind all code, so that no function moves. The kernel finds it between
 * the weak symbols `mewz_ksyms_start` and `mewz_ksyms_end` and does without it where they are absent.
 *
 * Layout, little-endian, no padding: the header, `count` entries in ascending order of `code`, then the names, each
 * with its zero. Only functions of the kernel belong in it: those of the program have the code map (abi.h). */
#ifndef MEWZ_KSYMS_H
#define MEWZ_KSYMS_H

#include <stdint.h>

#define MEWZ_KSYMS_MAGIC   0x736d79736b7a776dull /* "mwzksyms" */
#define MEWZ_KSYMS_SECTION ".mewz.ksyms"

struct mewz_ksyms {
    uint64_t magic;
    uint32_t count;
    uint32_t names_size; /* in bytes */
};

struct mewz_ksyms_entry {
    uint32_t code; /* the function's address less that of the symbol `mewz_kernel_base` */
    uint32_t name; /* offset of its name behind the entries */
};

_Static_assert(sizeof(struct mewz_ksyms) == 16 && sizeof(struct mewz_ksyms_entry) == 8, "a file format");

#endif
