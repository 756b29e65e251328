/* lower_variable.c: locals, globals, and the instructions that work on values of any type (sections 4.4.4, 4.4.5). */
#include "llvm/constant.h"
#include "llvm/lower.h"
#include "llvm/symbols.h"

void lower_drop(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    stack_pop(l);
}

void lower_select(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef condition = LLVMBuildICmp(l->builder, LLVMIntNE, stack_pop(l), unit_i32(l->unit, 0), "");
    LLVMValueRef second = stack_pop(l), first = stack_pop(l);

    (void)instr, (void)argument;
    stack_push(l, LLVMBuildSelect(l->builder, condition, first, second, ""));
}

void lower_local_get(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMTypeRef type = unit_valtype(l->unit, l->local_types[instr->index]);

    (void)argument;
    stack_push(l, LLVMBuildLoad2(l->builder, type, lower_local(l, instr->index), ""));
}

void lower_local_set(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    LLVMBuildStore(l->builder, stack_pop(l), lower_local(l, instr->index));
}

void lower_local_tee(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    LLVMBuildStore(l->builder, l->values[l->value_count - 1], lower_local(l, instr->index));
}

/* A global that nobody can write is its initial value, where that is known. */
void lower_global_get(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    const struct wasm_global *global = &l->wasm->globals[instr->index];
    LLVMValueRef variable;

    (void)argument;
    if (!global->type.is_mutable && constant_is_known(&l->unit->plan->global_values[instr->index])) {
        stack_push(l, constant_eval(l->unit, global->init));
        return;
    }
    variable = unit_global(l->unit, instr->index);
    stack_push(l, LLVMBuildLoad2(l->builder, unit_valtype(l->unit, global->type.type), variable, ""));
}

void lower_global_set(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    LLVMBuildStore(l->builder, stack_pop(l), unit_global(l->unit, instr->index));
}
