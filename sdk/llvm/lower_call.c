/* lower_call.c: calls (core specification, sections 4.4.8.10 and 4.4.8.11). */
#include <mewz/abi.h>

#include "llvm/lower.h"
#include "llvm/symbols.h"

/* Calls `callee` with the operands on the stack and pushes the results. */
static void build_call(struct lower *l, LLVMValueRef callee, uint32_t type_index)
{
    const struct wasm_functype *type = &l->wasm->types[type_index];
    LLVMValueRef *args = l->values + l->value_count - type->param_count;
    LLVMValueRef call = LLVMBuildCall2(l->builder, unit_functype(l->unit, type), callee, args, type->param_count, "");

    lower_locate(l, call);
    l->value_count -= type->param_count;
    if (type->result_count == 1)
        stack_push(l, call);
    for (uint32_t i = 0; type->result_count > 1 && i < type->result_count; i++)
        stack_push(l, LLVMBuildExtractValue(l->builder, call, i, ""));
}

void lower_call(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    build_call(l, unit_func(l->unit, instr->index), l->wasm->funcs[instr->index].type);
}

/* Member `member` of a struct mewz_func, which never changes. */
static LLVMValueRef load_func_member(struct lower *l, LLVMValueRef func, unsigned member)
{
    LLVMValueRef address = LLVMBuildStructGEP2(l->builder, l->unit->func_type, func, member, "");
    LLVMValueRef load = LLVMBuildLoad2(l->builder, l->unit->ptr, address, "");

    LLVMSetMetadata(load, LLVMGetMDKindIDInContext(l->unit->context, "invariant.load", 14),
                    LLVMMetadataAsValue(l->unit->context, LLVMMDNodeInContext2(l->unit->context, NULL, 0)));
    return load;
}

void lower_call_indirect(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMBuilderRef builder = l->builder;
    LLVMValueRef index = stack_pop(l);
    LLVMValueRef slot = table_slot(l, instr->index2, index, MEWZ_TRAP_UNDEFINED_ELEMENT);
    LLVMValueRef func = LLVMBuildLoad2(builder, l->unit->ptr, slot, ""), type;

    (void)argument;
    trap_if(l, LLVMBuildIsNull(builder, func, ""), MEWZ_TRAP_NULL_ELEMENT);
    type = load_func_member(l, func, 1);
    trap_if(l, LLVMBuildICmp(builder, LLVMIntNE, type, unit_type(l->unit, instr->index), ""), MEWZ_TRAP_CALL_TYPE);
    build_call(l, load_func_member(l, func, 0), instr->index);
}
