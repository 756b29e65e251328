/* dwarf.h: bytes of DWARF (version 5, section 7), which may be damaged or mean harm.
 *
 * Nothing here reads beyond an end: what lies there is 0, and `failed` says so. */
#ifndef LLVM_DWARF_H
#define LLVM_DWARF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wasm/module.h"

struct dwarf_bytes {
    const uint8_t *at, *end;
    bool failed;
};

/* What a unit's values depend on. */
struct dwarf_unit {
    struct dwarf_bytes bytes; /* behind its length */
    unsigned offset_size;     /* 4 or 8 */
    uint64_t version;
    unsigned address_size;
    struct dwarf_bytes strings, line_strings; /* .debug_str, .debug_line_str */
};

struct dwarf_value {
    uint64_t number;
    const char *string; /* NULL where it is none, or ends nowhere */
};

/* No path is longer than that, and what reads one stops there. */
#define DWARF_STRING_MAX 4096

/* The content of the module's first custom section of that name; nothing where it has none. */
struct dwarf_bytes dwarf_section(const struct wasm_module *wasm, const char *name);

uint64_t dwarf_read_number(struct dwarf_bytes *bytes, unsigned size); /* little-endian, of 8 bytes at most */
uint64_t dwarf_read_uleb(struct dwarf_bytes *bytes);
int64_t dwarf_read_sleb(struct dwarf_bytes *bytes);
const char *dwarf_read_string(struct dwarf_bytes *bytes); /* fails where no zero ends it */

/* The next so many bytes by themselves. */
struct dwarf_bytes dwarf_read_part(struct dwarf_bytes *bytes, uint64_t size);

/* A unit's length (7.4): sets `unit->bytes` and `unit->offset_size`, and goes on behind it. */
void dwarf_read_unit(struct dwarf_bytes *bytes, struct dwarf_unit *unit);

/* An attribute's value (7.5.5). Fails on forms that neither compile units before version 5 nor line tables have. */
struct dwarf_value dwarf_read_value(struct dwarf_bytes *bytes, uint64_t form, const struct dwarf_unit *unit);

#endif
