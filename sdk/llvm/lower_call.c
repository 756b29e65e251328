/* lower_call.c: calls (core specification, sections 4.6.8 and 4.6.9). */
#include <mewz/abi.h>

#include "llvm/lower.h"
#include "llvm/symbols.h"

/* Takes the operands of a call from the stack. */
static LLVMValueRef *pop_operands(struct lower *l, const struct wasm_functype *type)
{
    l->value_count -= type->param_count;
    return l->values + l->value_count;
}

/* Calls `callee` with the operands on the stack. */
static LLVMValueRef build_call(struct lower *l, LLVMValueRef callee, uint32_t type_index, unsigned convention)
{
    const struct wasm_functype *type = &l->wasm->types[type_index];
    LLVMValueRef *args = pop_operands(l, type);
    LLVMValueRef call = lower_build_call(l, unit_functype(l->unit, type), callee, args, type->param_count);

    LLVMSetInstructionCallConv(call, convention);
    return call;
}

static void push_results(struct lower *l, LLVMValueRef call, uint32_t type_index)
{
    uint32_t count = l->wasm->types[type_index].result_count;

    if (count == 1)
        stack_push(l, call);
    for (uint32_t i = 0; count > 1 && i < count; i++)
        stack_push(l, LLVMBuildExtractValue(l->builder, call, i, ""));
}

/* Leaves this function with the results of another one, whose LLVM type they have already. Between functions of this
 * module this one's frame goes first, which LLVM guarantees, or else refuses to generate code: it can as long as
 * results are in registers. Imported functions come back on their own. Handlers around the call are left too. */
static void build_return_call(struct lower *l, LLVMValueRef callee, uint32_t type_index, unsigned convention)
{
    const struct wasm_functype *type = &l->wasm->types[type_index];
    LLVMValueRef call;

    if (!unit_results_fit(l->unit, type)) {
        err_set(l->err, "tail call: more results than there are registers for: not supported yet");
        return;
    }
    call =
        LLVMBuildCall2(l->builder, unit_functype(l->unit, type), callee, pop_operands(l, type), type->param_count, "");
    LLVMSetInstructionCallConv(call, convention);
    lower_locate(l, call);
    if (convention != LLVMCCallConv)
        LLVMSetTailCallKind(call, LLVMTailCallKindMustTail);
    if (type->result_count > 0)
        LLVMBuildRet(l->builder, call);
    else
        LLVMBuildRetVoid(l->builder);
    l->is_dead = true;
}

void lower_call(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef callee = unit_func(l->unit, instr->index);
    uint32_t type = l->wasm->funcs[instr->index].type;

    (void)argument;
    push_results(l, build_call(l, callee, type, LLVMGetFunctionCallConv(callee)), type);
}

void lower_return_call(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef callee = unit_func(l->unit, instr->index);

    (void)argument;
    build_return_call(l, callee, l->wasm->funcs[instr->index].type, LLVMGetFunctionCallConv(callee));
}

/* Member `member` of a struct mewz_func, which never changes. */
static LLVMValueRef load_func_member(struct lower *l, LLVMValueRef func, unsigned member)
{
    LLVMValueRef address = LLVMBuildStructGEP2(l->builder, l->unit->func_type, func, member, "");
    LLVMValueRef load = LLVMBuildLoad2(l->builder, l->unit->ptr, address, "");

    unit_set_invariant(l->unit, load);
    return load;
}

/* The code of the table's function, after the checks that it has the type. */
static LLVMValueRef pop_table_callee(struct lower *l, const struct wasm_instr *instr)
{
    LLVMBuilderRef builder = l->builder;
    LLVMValueRef index = stack_pop(l);
    LLVMValueRef slot = table_slot(l, instr->index2, index, MEWZ_TRAP_UNDEFINED_ELEMENT);
    LLVMValueRef func = LLVMBuildLoad2(builder, l->unit->ptr, slot, ""), type;

    trap_if(l, LLVMBuildIsNull(builder, func, ""), MEWZ_TRAP_NULL_ELEMENT);
    type = load_func_member(l, func, 1);
    trap_if(l, LLVMBuildICmp(builder, LLVMIntNE, type, unit_type(l->unit, instr->index), ""), MEWZ_TRAP_CALL_TYPE);
    return load_func_member(l, func, 0);
}

void lower_call_indirect(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef callee = pop_table_callee(l, instr);

    (void)argument;
    push_results(l, build_call(l, callee, instr->index, unit_convention(l->unit)), instr->index);
}

void lower_return_call_indirect(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef callee = pop_table_callee(l, instr);

    (void)argument;
    build_return_call(l, callee, instr->index, unit_convention(l->unit));
}

/* The validator has seen to the type. */
static LLVMValueRef pop_callee(struct lower *l)
{
    LLVMValueRef func = stack_pop(l);

    trap_if(l, LLVMBuildIsNull(l->builder, func, ""), MEWZ_TRAP_NULL_FUNCTION);
    return load_func_member(l, func, 0);
}

void lower_call_ref(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef callee = pop_callee(l);

    (void)argument;
    push_results(l, build_call(l, callee, instr->index, unit_convention(l->unit)), instr->index);
}

void lower_return_call_ref(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef callee = pop_callee(l);

    (void)argument;
    build_return_call(l, callee, instr->index, unit_convention(l->unit));
}
