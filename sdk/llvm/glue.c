#include "llvm/glue.h"

#include <stdlib.h>

#include "base/memory.h"
#include "llvm/debug.h"
#include "llvm/symbols.h"

LLVMMetadataRef glue_begin(struct unit *unit, LLVMValueRef function)
{
    unit_define_func(unit, function);
    LLVMPositionBuilderAtEnd(unit->builder, LLVMAppendBasicBlockInContext(unit->context, function, ""));
    return debug_describe_func(unit, function, NULL, 0);
}

LLVMValueRef glue_call(struct unit *unit, uint32_t index, LLVMValueRef *args, LLVMMetadataRef scope)
{
    const struct wasm_functype *type = &unit->wasm->types[unit->wasm->funcs[index].type];
    LLVMValueRef callee = unit_func(unit, index);
    LLVMValueRef call = LLVMBuildCall2(unit->builder, unit_functype(unit, type), callee, args, type->param_count, "");

    LLVMSetInstructionCallConv(call, LLVMGetFunctionCallConv(callee));
    debug_locate(unit, call, scope, 0);
    return call;
}

LLVMValueRef glue_define_forwarder(struct unit *unit, const char *symbol, uint32_t index, unsigned convention)
{
    const struct wasm_functype *type = &unit->wasm->types[unit->wasm->funcs[index].type];
    LLVMValueRef function = LLVMAddFunction(unit->module, symbol, unit_functype(unit, type)), call;
    LLVMValueRef *params = memory_alloc((type->param_count + 1) * sizeof(*params));
    LLVMMetadataRef scope = glue_begin(unit, function);

    LLVMSetFunctionCallConv(function, convention);
    LLVMGetParams(function, params);
    call = glue_call(unit, index, params, scope);
    if (type->result_count > 0)
        LLVMBuildRet(unit->builder, call);
    else
        LLVMBuildRetVoid(unit->builder);
    free(params);
    return function;
}
