/* import.c: bind imports by name and type (symbol.h). */
#include "llvm/import.h"

#include <string.h>

#include <mewz/abi.h>

#include "base/arena.h"
#include "wasm/symbol.h"

static void define_missing(struct unit *unit, LLVMValueRef function)
{
    LLVMBasicBlockRef back = LLVMGetInsertBlock(unit->builder);

    LLVMSetLinkage(function, LLVMInternalLinkage);
    unit_define_func(unit, function);
    LLVMPositionBuilderAtEnd(unit->builder, LLVMAppendBasicBlockInContext(unit->context, function, ""));
    unit_build_trap(unit, MEWZ_TRAP_MISSING_IMPORT);
    if (back)
        LLVMPositionBuilderAtEnd(unit->builder, back);
}

LLVMValueRef import_declare_func(struct unit *unit, const struct wasm_module *wasm, const struct wasm_import *import)
{
    const struct wasm_functype *type = &wasm->types[wasm->funcs[import->index].type];
    struct arena arena = {0};
    bool is_known;
    const char *name = wasm_import_symbol(wasm, import, &arena, &is_known);
    LLVMValueRef function = unit_contract_func(unit, name, unit_functype(unit, type));

    arena_free(&arena);
    if (is_known)
        unit_say_cannot_throw(unit, function);
    if (!is_known && unit->options->allow_missing && LLVMIsDeclaration(function))
        define_missing(unit, function);
    return function;
}

/* Names that mean something else to LLVM or to the assembler, or that are this compiler's own (symbols.h). */
static bool is_reserved(const struct wasm_import *import)
{
    static const char *const modules[] = {"", "wasm", "llvm"};

    for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
        size_t size = strlen(modules[i]);

        if (import->module.size >= size && memcmp(import->module.bytes, modules[i], size) == 0 &&
            (import->module.size == size || (size > 0 && strchr(".[", import->module.bytes[size]))))
            return true;
    }
    return (unsigned char)import->module.bytes[0] < ' ' || import->module.bytes[0] == '.' ||
           memchr(import->module.bytes, 0, import->module.size) || memchr(import->name.bytes, 0, import->name.size);
}

static int refuse(const struct wasm_module *wasm, const struct wasm_import *import, const char *why, struct err *err)
{
    return err_set(err, "%s: import \"%.*s\" \"%.*s\": %s", wasm->file, (int)import->module.size, import->module.bytes,
                   (int)import->name.size, import->name.bytes, why);
}

int import_check(const struct wasm_instance *instance, struct err *err)
{
    const struct wasm_module *wasm = instance->module;

    for (uint32_t i = 0; i < wasm->import_count; i++) {
        const struct wasm_import *import = &wasm->imports[i];

        if (instance->bindings[i].instance)
            continue;
        if (import->kind != WASM_EXTERN_FUNC)
            return refuse(wasm, import, "no system provides a global or a tag: another module would have to", err);
        if (is_reserved(import))
            return refuse(wasm, import, "an object cannot refer to a function of this name", err);
    }
    return 0;
}
