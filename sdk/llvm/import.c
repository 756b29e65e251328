/* import.c: bind imports by name and type. wasi.def lists the functions whose types are known. */
#include "llvm/import.h"

#include <string.h>

#include <mewz/abi.h>

#include "base/buf.h"

static const struct known_import {
    const char *module, *name, *signature;
} known_imports[] = {
#define WASI(module, name, signature) {#module, #name, signature},
#include <mewz/wasi.def>
#undef WASI
};

static bool name_equal(const struct wasm_name *name, const char *text)
{
    return name->size == strlen(text) && memcmp(name->bytes, text, name->size) == 0;
}

static const struct known_import *find_known(const struct wasm_import *import)
{
    for (size_t i = 0; i < sizeof(known_imports) / sizeof(known_imports[0]); i++)
        if (name_equal(&import->module, known_imports[i].module) && name_equal(&import->name, known_imports[i].name))
            return &known_imports[i];
    return NULL;
}

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

/* The letters of wasi.def. */
static void write_signature(struct buf *out, const struct wasm_functype *type)
{
    for (uint32_t i = 0; i < type->param_count; i++)
        buf_byte(out, (uint8_t)type_letter(type->params[i]));
    buf_byte(out, ':');
    for (uint32_t i = 0; i < type->result_count; i++)
        buf_byte(out, (uint8_t)type_letter(type->results[i]));
}

static bool signature_equal(const struct wasm_functype *type, const char *signature)
{
    struct buf text = {0};
    bool equal;

    write_signature(&text, type);
    equal = text.size == strlen(signature) && memcmp(text.data, signature, text.size) == 0;
    buf_free(&text);
    return equal;
}

/* MODULE.FUNCTION; a known name with another type is MODULE.FUNCTION:SIGNATURE, so that it never binds to the
 * function of that name. */
static void write_symbol(struct buf *out, const struct wasm_import *import, const struct wasm_functype *type,
                         bool with_signature)
{
    buf_append(out, import->module.bytes, import->module.size);
    buf_byte(out, '.');
    buf_append(out, import->name.bytes, import->name.size);
    if (with_signature) {
        buf_byte(out, ':');
        write_signature(out, type);
    }
    buf_byte(out, 0);
}

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
    const struct wasm_functype *type = &unit->wasm->types[func->type];
    const struct known_import *known = find_known(func->import);
    bool is_known = known && signature_equal(type, known->signature);
    struct buf name = {0};
    LLVMValueRef function;

    write_symbol(&name, func->import, type, known && !is_known);
    function = unit_contract_func(unit, (const char *)name.data, unit_functype(unit, type));
    buf_free(&name);
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
