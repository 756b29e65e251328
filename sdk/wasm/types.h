/* types.h: the types of WebAssembly (core specification 3.0, section 2.3).
 *
 * A value type is one 32-bit number, so that comparing types is `==`. Its low byte is the code of the binary format;
 * for references the upper 24 bits hold the heap type: a type index, or a negative number for an abstract heap type.
 * `funcref` and `externref` are (ref null func) and (ref null extern) in that form. A type index in a value type is
 * that of the first one of all equal types (wasm_module.canonical), so that equal types are equal numbers. */
#ifndef WASM_TYPES_H
#define WASM_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

typedef uint32_t wasm_valtype;

#define WASM_REF_CODE                  0x64u /* (ref ht), never null */
#define WASM_REF_NULL_CODE             0x63u /* (ref null ht) */
#define WASM_MAKE_REF(code, heap_type) ((code) | ((uint32_t)(heap_type) << 8))

enum wasm_heap_type { /* abstract heap types: the signed value of their LEB128 code */
                      WASM_HEAP_NOEXN = -12,
                      WASM_HEAP_NOFUNC = -13,
                      WASM_HEAP_NOEXTERN = -14,
                      WASM_HEAP_FUNC = -16,
                      WASM_HEAP_EXTERN = -17,
                      WASM_HEAP_EXN = -23,
                      WASM_HEAP_BOTTOM = -1, /* only in the validator: matches every heap type */
};

enum {
    WASM_I32 = 0x7f,
    WASM_I64 = 0x7e,
    WASM_F32 = 0x7d,
    WASM_F64 = 0x7c,
    WASM_V128 = 0x7b,
};
#define WASM_FUNCREF   WASM_MAKE_REF(WASM_REF_NULL_CODE, WASM_HEAP_FUNC)
#define WASM_EXTERNREF WASM_MAKE_REF(WASM_REF_NULL_CODE, WASM_HEAP_EXTERN)
#define WASM_EXNREF    WASM_MAKE_REF(WASM_REF_NULL_CODE, WASM_HEAP_EXN)

/* The bottom type: the type of a value that unreachable code pops; only the validator has it. */
#define WASM_BOTTOM 0u

static inline bool wasm_is_ref(wasm_valtype type)
{
    return (type & 0xff) == WASM_REF_CODE || (type & 0xff) == WASM_REF_NULL_CODE;
}

static inline bool wasm_is_nullable(wasm_valtype type)
{
    return (type & 0xff) == WASM_REF_NULL_CODE;
}

/* Of a reference: a type index, or a negative enum wasm_heap_type. */
static inline int32_t wasm_heap_type(wasm_valtype type)
{
    return (int32_t)type >> 8;
}

/* Whether a value of type `found` may be where `expected` is wanted (section 3.3). */
bool wasm_type_matches(wasm_valtype found, wasm_valtype expected);

struct wasm_functype {
    uint32_t param_count;
    uint32_t result_count;
    const wasm_valtype *params;
    const wasm_valtype *results;
};

struct wasm_limits { /* of a table or memory */
    uint64_t min;
    uint64_t max; /* UINT64_MAX where there is none */
    bool has_max;
    bool is_64; /* its addresses are i64 */
    bool shared;
};

static inline wasm_valtype wasm_address_type(const struct wasm_limits *limits)
{
    return limits->is_64 ? WASM_I64 : WASM_I32;
}

struct wasm_tabletype {
    wasm_valtype element;
    struct wasm_limits limits;
};

struct wasm_globaltype {
    wasm_valtype type;
    bool is_mutable;
};

/* "i32", "funcref", "(ref 5)", ... for messages; and "i32,i64->f32" in the arena. */
struct wasm_type_name {
    char text[24];
};
struct wasm_type_name wasm_valtype_name(wasm_valtype type);
char *wasm_functype_text(const struct wasm_functype *type, struct arena *arena);

#endif
