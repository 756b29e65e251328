/* code_map.h: make the table from native addresses back to the wasm module (abi.h, struct mewz_code_map).
 *
 * The units' object files are read one after the other, in the order in which they will be linked; then code_map_define
 * defines the table in a further unit. */
#ifndef LLVM_CODE_MAP_H
#define LLVM_CODE_MAP_H

#include "base/buf.h"
#include "llvm/unit.h"

#define CODE_MAP_NAME "code_map" /* unit_instance_symbol */

struct code_map {
    const struct wasm_module *wasm;
    const struct source *source; /* with -g, else NULL */
    struct buf funcs;            /* struct mewz_code_func */
    struct buf names;
    struct buf rows;
    struct buf lines;      /* struct mewz_code_line */
    struct buf prefix;     /* of the functions' symbols, with a zero at the end */
    struct buf anchor;     /* the name of a symbol in the code, with a zero at the end */
    uint64_t anchor_place; /* its distance from the begin of all units' code */
    uint64_t text_size;    /* of their code, as far as it was read */
    bool *has_code;        /* functions of the module */
};

void code_map_init(struct code_map *map, const struct wasm_instance *instance, const struct source *source,
                   struct arena *arena);
int code_map_add_object(struct code_map *map, const char *path, struct err *err);
int code_map_define(struct code_map *map, struct unit *unit, struct err *err);
void code_map_fini(struct code_map *map);

#endif
