#include "wasm/types.h"

#include <string.h>

#include "base/buf.h"

const char *wasm_valtype_name(wasm_valtype type)
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
    case WASM_FUNCREF:
        return "funcref";
    case WASM_EXTERNREF:
        return "externref";
    default:
        return "any";
    }
}

static bool types_equal(const wasm_valtype *a, uint32_t a_count, const wasm_valtype *b, uint32_t b_count)
{
    return a_count == b_count && (a_count == 0 || memcmp(a, b, a_count * sizeof *a) == 0);
}

bool wasm_functype_equal(const struct wasm_functype *a, const struct wasm_functype *b)
{
    return types_equal(a->params, a->param_count, b->params, b->param_count) &&
           types_equal(a->results, a->result_count, b->results, b->result_count);
}

static void append_types(struct buf *text, const wasm_valtype *types, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_printf(text, "%s%s", i == 0 ? "" : ",", wasm_valtype_name(types[i]));
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
