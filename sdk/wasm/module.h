/* module.h: a decoded WebAssembly module, and the two steps that make one: wasm_decode and wasm_validate.
 *
 * This folder stands alone: it needs only base/, and knows nothing of LLVM. Everything hangs off the caller's arena,
 * and points into the caller's bytes, which must live as long. All offsets count from the module's first byte.
 *
 * Index spaces (specification, section 2.5.1) are arrays with the imports first, as in the binary format. */
#ifndef WASM_MODULE_H
#define WASM_MODULE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "wasm/instr.h"
#include "wasm/types.h"

/* A name in the binary: UTF-8, checked, not terminated, may hold zero bytes. */
struct wasm_name {
    const char *bytes;
    uint32_t size;
};

enum wasm_extern_kind {
    WASM_EXTERN_FUNC,
    WASM_EXTERN_TABLE,
    WASM_EXTERN_MEMORY,
    WASM_EXTERN_GLOBAL,
    WASM_EXTERN_TAG,
    WASM_EXTERN_KIND_COUNT
};

struct wasm_import {
    struct wasm_name module;
    struct wasm_name name;
    enum wasm_extern_kind kind;
    uint32_t index;    /* in the index space of its kind */
    uint32_t position; /* its offset in the module, for messages; the same in the following ones */
};

struct wasm_export {
    struct wasm_name name;
    enum wasm_extern_kind kind;
    uint32_t index;
    uint32_t position;
};

/* An expression (section 5.4.9): `size` bytes of instructions from `offset` on, the final `end` included. */
struct wasm_expr {
    uint32_t offset;
    uint32_t size;
};

struct wasm_locals { /* a run of locals of one type, as the binary has them */
    uint32_t count;
    wasm_valtype type;
};

struct wasm_func {
    uint32_t type;                    /* index in types */
    const struct wasm_import *import; /* or NULL, and then the rest is set: */
    struct wasm_locals *locals;       /* runs, without the parameters */
    uint32_t local_run_count;
    uint32_t local_count; /* all locals with the parameters; at most WASM_MAX_LOCALS and these */
    uint32_t body_offset; /* of the function's entry in the code section, its size field excluded */
    uint32_t body_size;
    struct wasm_expr body;
    const char *name; /* from the name section or an export, zero-terminated, printable; NULL where there is none */
    bool is_declared; /* may be used by ref.func: occurs outside of bodies (section 3.4.10, C.refs) */
};

struct wasm_table {
    struct wasm_tabletype type;
    const struct wasm_import *import;
    struct wasm_expr init; /* of its elements; its size is 0 where they are null */
    uint32_t position;
};

struct wasm_memory {
    struct wasm_limits limits;
    const struct wasm_import *import;
    uint32_t position;
};

struct wasm_tag {  /* of exceptions */
    uint32_t type; /* index in types: the parameters are what an exception carries */
    const struct wasm_import *import;
    uint32_t position;
};

struct wasm_global {
    struct wasm_globaltype type;
    const struct wasm_import *import;
    struct wasm_expr init;
    uint32_t position;
};

enum wasm_segment_mode { WASM_SEGMENT_ACTIVE, WASM_SEGMENT_PASSIVE, WASM_SEGMENT_DECLARATIVE };

struct wasm_elem {
    enum wasm_segment_mode mode;
    wasm_valtype type;
    uint32_t table;          /* active */
    struct wasm_expr offset; /* active */
    uint32_t count;
    uint32_t *funcs;         /* `count` function indices, or NULL and then */
    struct wasm_expr *exprs; /* `count` constant expressions */
    uint32_t position;
};

struct wasm_data {
    enum wasm_segment_mode mode;
    uint32_t memory;         /* active */
    struct wasm_expr offset; /* active */
    const uint8_t *bytes;
    uint32_t size;
    uint32_t position;
};

struct wasm_custom {
    struct wasm_name name;
    uint32_t offset; /* of its content behind the name */
    uint32_t size;
};

struct wasm_section { /* one as it lies in the binary, for `inspect` */
    uint8_t id;
    uint32_t offset; /* of its content */
    uint32_t size;
};

struct wasm_module {
    const char *file; /* as messages name it */
    const uint8_t *bytes;
    uint32_t size;

    struct wasm_functype *types;
    uint32_t *canonical; /* for each type: the index of the first type that is equal to it (3.2.2) */
    struct wasm_import *imports;
    struct wasm_func *funcs;
    struct wasm_table *tables;
    struct wasm_memory *memories;
    struct wasm_tag *tags;
    struct wasm_global *globals;
    struct wasm_export *exports;
    struct wasm_elem *elems;
    struct wasm_data *datas;
    struct wasm_custom *customs;
    struct wasm_section *sections;
    uint32_t type_count, import_count, func_count, table_count, memory_count, tag_count, global_count, export_count,
        elem_count, data_count, custom_count, section_count;
    uint32_t imported_func_count, imported_table_count, imported_memory_count, imported_tag_count,
        imported_global_count;
    uint32_t start; /* function index, or WASM_NO_INDEX; and its place in the module */
    uint32_t start_position;
    uint32_t declared_data_count; /* of the data count section, or WASM_NO_INDEX */
    const char *name;             /* of the module in its name section, or NULL */
    uint64_t features;            /* bit set of enum wasm_feature: what the module uses; complete after validation */
};

#define WASM_NO_INDEX UINT32_MAX

/* Limits of this implementation (section 7.2), the same as those of the common engines where these agree. They keep
 * what a module's structure takes below 256 MiB. */
#define WASM_MAX_SIZE      (1u << 30)
#define WASM_MAX_TYPES     1000000u
#define WASM_MAX_FUNCS     1000000u
#define WASM_MAX_GLOBALS   1000000u
#define WASM_MAX_TABLES    100000u
#define WASM_MAX_MEMORIES  100u
#define WASM_MAX_TAGS      1000000u
#define WASM_MAX_IMPORTS   100000u
#define WASM_MAX_EXPORTS   100000u
#define WASM_MAX_SEGMENTS  100000u   /* of elements, and as many of data */
#define WASM_MAX_ELEMENTS  10000000u /* in one segment */
#define WASM_MAX_SECTIONS  100000u
#define WASM_MAX_PARAMS    1000u
#define WASM_MAX_RESULTS   1000u
#define WASM_MAX_LOCALS    50000u
#define WASM_MAX_BODY_SIZE 7654321u
#define WASM_MAX_OPERANDS  8000000u /* on the operand stack of one function: at least one an instruction */

/* Reads the structure of a module: every section, but no function body's instructions. `file` is for messages, which
 * read `app.wasm:0x1a3: section "code": ...`. Returns 0 with *module filled, or -1. */
int wasm_decode(struct wasm_module *module, const char *file, const uint8_t *bytes, size_t size, struct arena *arena,
                struct err *err);

/* A reader of an expression's instructions. */
static inline struct wasm_reader wasm_expr_reader(const struct wasm_module *module, struct wasm_expr expr)
{
    return (struct wasm_reader){.module = module->bytes,
                                .offset = expr.offset,
                                .end = expr.offset + expr.size,
                                .canonical = module->canonical,
                                .type_count = module->type_count};
}

/* The type of a reference to a function: (ref ht) of its own type. */
static inline wasm_valtype wasm_func_ref(const struct wasm_module *module, const struct wasm_func *func)
{
    return WASM_MAKE_REF(WASM_REF_CODE, module->canonical[func->type]);
}

/* "type", "code", ...: the section's name in the specification. */
const char *wasm_section_name(uint8_t id);

/* Checks a decoded module completely (section 3), reading every function body. Fills in `features` and is_declared.
 * Needs memory in proportion to the module's size, and no recursion. */
int wasm_validate(struct wasm_module *module, struct arena *arena, struct err *err);

#endif
