#include "wasm/symbol.h"

#include <string.h>

static const struct known {
    const char *symbol, *signature;
} known[] = {
#define WASI(module, name, signature, function) {#module "." #name, signature},
#include <mewz/wasi.def>
#undef WASI
};

/* Functions of older modules, and the ones that they are. */
static const struct same {
    const char *symbol, *is;
} same[] = {
#define WASI(module, name, signature, function)
#define WASI_SAME(module, name, as_module) {#module "." #name, #as_module "." #name},
#include <mewz/wasi.def>
#undef WASI
};

static char *current_symbol(char *symbol, struct arena *arena)
{
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (strcmp(same[i].symbol, symbol) == 0)
            return arena_copy_string(arena, same[i].is, strlen(same[i].is));
    return symbol;
}

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

/* How wasi.def lists the name: not at all, with other types only, with this type after another, or with it first. */
enum listing { UNLISTED, LISTED_OTHERWISE, LISTED_AGAIN, LISTED_FIRST };

static enum listing find_listing(const char *symbol, const char *signature)
{
    enum listing listing = UNLISTED;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].symbol, symbol) != 0)
            continue;
        if (strcmp(known[i].signature, signature) == 0)
            return listing == UNLISTED ? LISTED_FIRST : LISTED_AGAIN;
        listing = LISTED_OTHERWISE;
    }
    return listing;
}

char *wasm_import_symbol(const struct wasm_module *module, const struct wasm_import *import, struct arena *arena,
                         bool *is_known)
{
    const struct wasm_functype *type = &module->types[module->funcs[import->index].type];
    char *symbol = arena_printf(arena, "%.*s.%.*s", (int)import->module.size, import->module.bytes,
                                (int)import->name.size, import->name.bytes);
    symbol = current_symbol(symbol, arena);
    char *signature = signature_text(type, arena);
    enum listing listing = find_listing(symbol, signature);
    *is_known = listing == LISTED_FIRST || listing == LISTED_AGAIN;
    bool needs_type = listing == LISTED_OTHERWISE || listing == LISTED_AGAIN;
    return needs_type ? arena_printf(arena, "%s:%s", symbol, signature) : symbol;
}
