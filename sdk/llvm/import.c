/* import.c: bind imports by name and type (symbol.h). */
#include "llvm/import.h"

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

LLVMValueRef import_declare_func(struct unit *unit, uint32_t index)
{
    const struct wasm_func *func = &unit->wasm->funcs[index];
    struct arena arena = {0};
    bool is_known;
    const char *name = wasm_import_symbol(unit->wasm, func->import, &arena, &is_known);
    LLVMValueRef function = unit_contract_func(unit, name, unit_functype(unit, &unit->wasm->types[func->type]));

    arena_free(&arena);
    if (!is_known && unit->options->allow_missing && LLVMIsDeclaration(function))
        define_missing(unit, function);
    return function;
}

int import_check(const struct wasm_module *wasm, struct err *err)
{
    static const char *const kinds[] = {"function", "table", "memory", "global"};

    for (uint32_t i = 0; i < wasm->import_count; i++) {
        const struct wasm_import *import = &wasm->imports[i];

        if (import->kind != WASM_EXTERN_FUNC)
            return err_set(err, "%s: import \"%.*s\" \"%.*s\": a program cannot import a %s yet, only functions",
                           wasm->file, (int)import->module.size, import->module.bytes, (int)import->name.size,
                           import->name.bytes, kinds[import->kind]);
    }
    return 0;
}
