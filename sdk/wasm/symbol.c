#include "wasm/symbol.h"

#include <string.h>

static const struct known {
    const char *symbol, *signature;
} known[] = {
#define WASI(module, name, signature) {#module "." #name, signature},
#include <mewz/wasi.def>
#undef WASI
};

/* The letters of wasi.def, and for what no WASI function has, r for funcref, e for externref. */
static char type_letter(wasm_valtype type)
{
    switch (type) {
    case WASM_I32:
        return 'i';
    case WASM_I64:
        return 'I';
    case WASM_F32:
        return 'f';
    case WASM_F64:
        return 'F';
    case WASM_V128:
        return 'v';
    case WASM_FUNCREF:
        return 'r';
    default:
        return 'e';
    }
}

static char *signature_text(const struct wasm_functype *type, struct arena *arena)
{
    char *text = arena_alloc(arena, (size_t)type->param_count + type->result_count + 2);
    char *at = text;
    for (uint32_t i = 0; i < type->param_count; i++)
        *at++ = type_letter(type->params[i]);
    *at++ = ':';
    for (uint32_t i = 0; i < type->result_count; i++)
        *at++ = type_letter(type->results[i]);
    return text;
}

static const char *known_signature(const char *symbol)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].symbol, symbol) == 0)
            return known[i].signature;
    return NULL;
}

char *wasm_import_symbol(const struct wasm_module *module, const struct wasm_import *import, struct arena *arena,
                         bool *is_known)
{
    const struct wasm_functype *type = &module->types[module->funcs[import->index].type];
    char *symbol = arena_printf(arena, "%.*s.%.*s", (int)import->module.size, import->module.bytes,
                                (int)import->name.size, import->name.bytes);
    const char *listed = known_signature(symbol);
    char *signature = signature_text(type, arena);
    *is_known = listed && strcmp(listed, signature) == 0;
    return listed && !*is_known ? arena_printf(arena, "%s:%s", symbol, signature) : symbol;
}
