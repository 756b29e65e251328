/* lower_integer.c: integer arithmetic (core specification, section 4.3.2). */
#include <mewz/abi.h>

#include "llvm/lower.h"

static void push_bool(struct lower *l, LLVMValueRef bit)
{
    stack_push(l, LLVMBuildZExt(l->builder, bit, l->unit->i32, ""));
}

static LLVMValueRef constant_like(LLVMValueRef value, int64_t number)
{
    return LLVMConstInt(LLVMTypeOf(value), (uint64_t)number, true);
}

static LLVMValueRef build_equal(struct lower *l, LLVMValueRef value, int64_t number)
{
    return LLVMBuildICmp(l->builder, LLVMIntEQ, value, constant_like(value, number), "");
}

void lower_eqz(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    push_bool(l, build_equal(l, stack_pop(l), 0));
}

void lower_compare(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);

    (void)instr;
    push_bool(l, LLVMBuildICmp(l->builder, (LLVMIntPredicate)argument, left, right, ""));
}

/* The second argument says that zero is an operand like any other. */
void lower_count_zeros(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef args[] = {stack_pop(l), LLVMConstNull(l->unit->i1)};
    LLVMTypeRef type = LLVMTypeOf(args[0]);

    (void)instr;
    stack_push(l, unit_call_intrinsic(l->unit, (const char *)argument, &type, 1, args, 2));
}

void lower_unary_intrinsic(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef value = stack_pop(l);
    LLVMTypeRef type = LLVMTypeOf(value);

    (void)instr;
    stack_push(l, unit_call_intrinsic(l->unit, (const char *)argument, &type, 1, &value, 1));
}

void lower_binop(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);

    (void)instr;
    stack_push(l, LLVMBuildBinOp(l->builder, (LLVMOpcode)argument, left, right, ""));
}

/* The smallest number divided by -1 does not fit. */
static void check_overflow(struct lower *l, LLVMValueRef left, LLVMValueRef right)
{
    int64_t smallest = LLVMTypeOf(left) == l->unit->i32 ? INT32_MIN : INT64_MIN;
    LLVMValueRef overflows = LLVMBuildAnd(l->builder, build_equal(l, left, smallest), build_equal(l, right, -1), "");

    trap_if(l, overflows, MEWZ_TRAP_INTEGER_OVERFLOW);
}

/* What LLVM leaves undefined is a trap, but a signed remainder of a division by -1 is 0: there 1 divides as well. */
void lower_divide(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);

    (void)instr;
    trap_if(l, build_equal(l, right, 0), MEWZ_TRAP_DIVIDE_BY_ZERO);
    if (argument == LLVMSDiv)
        check_overflow(l, left, right);
    if (argument == LLVMSRem)
        right = LLVMBuildSelect(l->builder, build_equal(l, right, -1), constant_like(right, 1), right, "");
    stack_push(l, LLVMBuildBinOp(l->builder, (LLVMOpcode)argument, left, right, ""));
}

/* Shift counts are taken modulo the width. */
void lower_shift(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef count = stack_pop(l), value = stack_pop(l);
    int64_t mask = LLVMTypeOf(value) == l->unit->i32 ? 31 : 63;

    (void)instr;
    count = LLVMBuildAnd(l->builder, count, constant_like(count, mask), "");
    stack_push(l, LLVMBuildBinOp(l->builder, (LLVMOpcode)argument, value, count, ""));
}

/* A funnel shift of a value with itself; it takes counts modulo the width. */
void lower_rotate(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef count = stack_pop(l), value = stack_pop(l);
    LLVMTypeRef type = LLVMTypeOf(value);

    (void)instr;
    stack_push(
        l, unit_call_intrinsic(l->unit, (const char *)argument, &type, 1, (LLVMValueRef[]){value, value, count}, 3));
}

void lower_sign_extend(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef value = stack_pop(l);
    LLVMTypeRef narrow = LLVMIntTypeInContext(l->unit->context, (unsigned)argument);

    (void)instr;
    stack_push(l, LLVMBuildSExt(l->builder, LLVMBuildTrunc(l->builder, value, narrow, ""), LLVMTypeOf(value), ""));
}
