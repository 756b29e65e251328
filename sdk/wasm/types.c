#include "wasm/types.h"

#include <stdio.h>

#include "base/buf.h"

static const char *number_name(wasm_valtype type)
{
    switch (type) {
    case WASM_I32:
        return "i32";
    case WASM_I64:
        return "i64";
    case WASM_F32:
        return "f32";
    case WASM_F64:
        return "f64";
    case WASM_V128:
        return "v128";
    default:
        return "any";
    }
}

static const char *heap_name(int32_t heap_type)
{
    switch (heap_type) {
    case WASM_HEAP_FUNC:
        return "func";
    case WASM_HEAP_EXTERN:
        return "extern";
    case WASM_HEAP_EXN:
        return "exn";
    case WASM_HEAP_NOFUNC:
        return "nofunc";
    case WASM_HEAP_NOEXTERN:
        return "noextern";
    case WASM_HEAP_NOEXN:
        return "noexn";
    default:
        return "any";
    }
}

struct wasm_type_name wasm_valtype_name(wasm_valtype type)
{
    struct wasm_type_name name;
    char *text = name.text;
    size_t size = sizeof name.text;
    int32_t heap_type = wasm_heap_type(type);
    if (!wasm_is_ref(type))
        snprintf(text, size, "%s", number_name(type));
    else if (heap_type >= 0)
        snprintf(text, size, "(ref %s%d)", wasm_is_nullable(type) ? "null " : "", heap_type);
    else if (wasm_is_nullable(type) && heap_type <= WASM_HEAP_FUNC) /* the others have no short names of this kind */
        snprintf(text, size, "%sref", heap_name(heap_type));
    else
        snprintf(text, size, "(ref %s%s)", wasm_is_nullable(type) ? "null " : "", heap_name(heap_type));
    return name;
}

/* Below every heap type of its hierarchy there is a bottom one, without values of its own (3.3.3). */
static bool heap_type_matches(int32_t found, int32_t expected)
{
    if (found == expected || found == WASM_HEAP_BOTTOM)
        return true;
    switch (expected) {
    case WASM_HEAP_FUNC:
        return found >= 0 || found == WASM_HEAP_NOFUNC;
    case WASM_HEAP_EXTERN:
        return found == WASM_HEAP_NOEXTERN;
    case WASM_HEAP_EXN:
        return found == WASM_HEAP_NOEXN;
    default:
        return expected >= 0 && found == WASM_HEAP_NOFUNC;
    }
}

bool wasm_type_matches(wasm_valtype found, wasm_valtype expected)
{
    if (found == expected || found == WASM_BOTTOM)
        return true;
    return wasm_is_ref(found) && wasm_is_ref(expected) && (!wasm_is_nullable(found) || wasm_is_nullable(expected)) &&
           heap_type_matches(wasm_heap_type(found), wasm_heap_type(expected));
}

static void append_types(struct buf *text, const wasm_valtype *types, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_printf(text, "%s%s", i == 0 ? "" : ",", wasm_valtype_name(types[i]).text);
}

char *wasm_functype_text(const struct wasm_functype *type, struct arena *arena)
{
    struct buf text = {0};
    append_types(&text, type->params, type->param_count);
    buf_append(&text, "->", 2);
    append_types(&text, type->results, type->result_count);
    char *copy = arena_copy_string(arena, (const char *)text.data, text.size);
    buf_free(&text);
    return copy;
}
