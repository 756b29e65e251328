/* lower_atomic.c: atomic memory instructions (threads proposal), for programs of one thread: ordinary accesses, after
 * the check that the address is a multiple of what is accessed. */
#include <string.h>

#include <mewz/abi.h>

#include "llvm/lower.h"

static LLVMTypeRef access_type(struct lower *l, const struct wasm_instr *instr)
{
    return LLVMIntTypeInContext(l->unit->context, 8u << wasm_op_info[instr->op].access);
}

/* Of what the instruction leaves on the stack. */
static LLVMTypeRef result_type(struct lower *l, const struct wasm_instr *instr)
{
    return unit_letter_type(l->unit, strchr(wasm_op_info[instr->op].signature, ':')[1]);
}

static LLVMValueRef resize(struct lower *l, LLVMValueRef value, LLVMTypeRef type)
{
    return LLVMBuildIntCast2(l->builder, value, type, false, "");
}

/* Pops the address. */
static LLVMValueRef pop_aligned(struct lower *l, const struct wasm_instr *instr)
{
    LLVMValueRef index = stack_pop(l), address, rest;
    uint64_t mask = (1u << wasm_op_info[instr->op].access) - 1;

    if (mask == 0)
        return index;
    address = LLVMBuildAdd(l->builder, index, LLVMConstInt(LLVMTypeOf(index), instr->mem.offset & mask, false), "");
    rest = LLVMBuildAnd(l->builder, address, LLVMConstInt(LLVMTypeOf(index), mask, false), "");
    trap_if(l, LLVMBuildIsNotNull(l->builder, rest, ""), MEWZ_TRAP_UNALIGNED);
    return index;
}

void lower_atomic_load(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef index = pop_aligned(l, instr);

    (void)argument;
    stack_push(l, resize(l, lower_load_from(l, instr, index, access_type(l, instr)), result_type(l, instr)));
}

void lower_atomic_store(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef value = resize(l, stack_pop(l), access_type(l, instr));

    (void)argument;
    lower_store_to(l, instr, pop_aligned(l, instr), value);
}

/* Leaves the value that was there before. */
void lower_atomic_rmw(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMTypeRef type = access_type(l, instr);
    LLVMValueRef operand = resize(l, stack_pop(l), type), index = pop_aligned(l, instr);
    LLVMValueRef before = lower_load_from(l, instr, index, type);

    lower_store_to(l, instr, index, LLVMBuildBinOp(l->builder, (LLVMOpcode)argument, before, operand, ""));
    stack_push(l, resize(l, before, result_type(l, instr)));
}

void lower_atomic_xchg(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMTypeRef type = access_type(l, instr);
    LLVMValueRef value = resize(l, stack_pop(l), type), index = pop_aligned(l, instr);
    LLVMValueRef before = lower_load_from(l, instr, index, type);

    (void)argument;
    lower_store_to(l, instr, index, value);
    stack_push(l, resize(l, before, result_type(l, instr)));
}

/* Of what is expected, as many bits count as are accessed. */
void lower_atomic_cmpxchg(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMTypeRef type = access_type(l, instr);
    LLVMValueRef value = resize(l, stack_pop(l), type), expected = resize(l, stack_pop(l), type);
    LLVMValueRef index = pop_aligned(l, instr), before = lower_load_from(l, instr, index, type);
    LLVMValueRef equal = LLVMBuildICmp(l->builder, LLVMIntEQ, before, expected, "");

    (void)argument;
    lower_store_to(l, instr, index, LLVMBuildSelect(l->builder, equal, value, before, ""));
    stack_push(l, resize(l, before, result_type(l, instr)));
}

/* Nobody else could wake the program up: a wait ends at once as one whose time is over, and one without an end traps.
 * So does any wait on a memory that cannot be shared. */
void lower_atomic_wait(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    enum { NOT_EQUAL = 1, TIMED_OUT = 2 };
    LLVMValueRef timeout = stack_pop(l), expected = stack_pop(l), index = pop_aligned(l, instr);
    LLVMValueRef found = lower_load_from(l, instr, index, access_type(l, instr)), equal, endless;

    (void)argument;
    if (!l->wasm->memories[instr->mem.memory].limits.shared) {
        trap_now(l, MEWZ_TRAP_UNSHARED);
        return;
    }
    equal = LLVMBuildICmp(l->builder, LLVMIntEQ, found, expected, "");
    endless = LLVMBuildICmp(l->builder, LLVMIntSLT, timeout, unit_i64(l->unit, 0), "");
    trap_if(l, LLVMBuildAnd(l->builder, equal, endless, ""), MEWZ_TRAP_DEADLOCK);
    stack_push(l, LLVMBuildSelect(l->builder, equal, unit_i32(l->unit, TIMED_OUT), unit_i32(l->unit, NOT_EQUAL), ""));
}

/* Nobody waits. The address must exist all the same, which the access sees to. */
void lower_atomic_notify(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    stack_pop(l);
    lower_load_from(l, instr, pop_aligned(l, instr), access_type(l, instr));
    stack_push(l, unit_i32(l->unit, 0));
}
