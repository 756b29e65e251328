/* types.h: the types of WebAssembly (core specification, section 2.3).
 *
 * A value type is one 32-bit number, so that comparing types is `==`. Its low byte is the code of the binary format;
 * for references the upper 24 bits hold the heap type: a type index, or a negative number for an abstract heap type.
 * `funcref` and `externref` are (ref null func) and (ref null extern) in that form. */
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
                      WASM_HEAP_FUNC = -16,
                      WASM_HEAP_EXTERN = -17,
};

enum {
    WASM_I32 = 0x7f,
    WASM_I64 = 0x7e,
    WASM_F32 = 0x7d,
    WASM_F64 = 0x7c,
    WASM_V128 = 0x7b,
    WASM_FUNCREF_CODE = 0x70, /* in the binary; the types are those below */
    WASM_EXTERNREF_CODE = 0x6f,
};
#define WASM_FUNCREF   WASM_MAKE_REF(WASM_REF_NULL_CODE, WASM_HEAP_FUNC)
#define WASM_EXTERNREF WASM_MAKE_REF(WASM_REF_NULL_CODE, WASM_HEAP_EXTERN)

/* The bottom type: the type of a value that unreachable code pops; only the validator has it. */
#define WASM_BOTTOM 0u

static inline bool wasm_is_ref(wasm_valtype type)
{
    return (type & 0xff) == WASM_REF_CODE || (type & 0xff) == WASM_REF_NULL_CODE;
}

struct wasm_functype {
    uint32_t param_count;
    uint32_t result_count;
    const wasm_valtype *params;
    const wasm_valtype *results;
};

struct wasm_limits {
    uint64_t min;
    uint64_t max; /* UINT64_MAX where there is none */
    bool has_max;
    bool is_64;
    bool shared;
};

struct wasm_tabletype {
    wasm_valtype element;
    struct wasm_limits limits;
};

struct wasm_globaltype {
    wasm_valtype type;
    bool is_mutable;
};

/* "i32", "funcref", ...: a static string; and "i32,i64->f32" in the arena. */
const char *wasm_valtype_name(wasm_valtype type);
char *wasm_functype_text(const struct wasm_functype *type, struct arena *arena);
bool wasm_functype_equal(const struct wasm_functype *a, const struct wasm_functype *b);

#endif
