/* lower_float.c: floating point (core specification, section 4.3.3).
 *
 * LLVM may return a signalling NaN as it is where an operation does nothing else to any number, as in x * 1; wasm
 * wants a quiet one. Hence the fences: what is behind one is unknown to the optimiser, and costs nothing. */
#include "llvm/lower.h"

static LLVMValueRef build_fence(struct lower *l, LLVMValueRef value)
{
    LLVMTypeRef type = LLVMTypeOf(value);

    return unit_call_intrinsic(l->unit, "llvm.arithmetic.fence", &type, 1, &value, 1);
}

/* Adding -0 changes no number, and makes NaNs quiet. */
LLVMValueRef lower_quieten(struct lower *l, LLVMValueRef value)
{
    LLVMValueRef minus_zero = LLVMConstReal(LLVMTypeOf(value), -0.0);

    return LLVMBuildFAdd(l->builder, value, build_fence(l, minus_zero), "");
}

/* Whether some operation with this operand could leave the other one as it is, or only change its sign. */
static bool is_identity(LLVMValueRef value)
{
    LLVMBool loses_bits;
    double number;

    if (!LLVMIsAConstantFP(value))
        return false;
    number = LLVMConstRealGetDouble(value, &loses_bits);
    return number == 0 || number == 1 || number == -1;
}

void lower_float_compare(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);
    LLVMValueRef bit = LLVMBuildFCmp(l->builder, (LLVMRealPredicate)argument, left, right, "");

    (void)instr;
    stack_push(l, LLVMBuildZExt(l->builder, bit, l->unit->i32, ""));
}

/* Only the sign bit changes, in NaNs too. */
void lower_float_neg(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    stack_push(l, LLVMBuildFNeg(l->builder, stack_pop(l), ""));
}

void lower_float_binop(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);

    (void)instr;
    if (is_identity(left))
        left = build_fence(l, left);
    if (is_identity(right))
        right = build_fence(l, right);
    stack_push(l, LLVMBuildBinOp(l->builder, (LLVMOpcode)argument, left, right, ""));
}

/* LLVM's minimum and maximum are those of IEEE 754-2019, as wasm's, but for the quiet NaNs. */
void lower_float_minmax(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);
    LLVMTypeRef type = LLVMTypeOf(left);
    LLVMValueRef value =
        unit_call_intrinsic(l->unit, (const char *)argument, &type, 1, (LLVMValueRef[]){left, right}, 2);

    (void)instr;
    stack_push(l, lower_quieten(l, value));
}

void lower_binary_intrinsic(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);
    LLVMTypeRef type = LLVMTypeOf(left);

    (void)instr;
    stack_push(l, unit_call_intrinsic(l->unit, (const char *)argument, &type, 1, (LLVMValueRef[]){left, right}, 2));
}

void lower_float_unary(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef value = stack_pop(l);
    LLVMTypeRef type = LLVMTypeOf(value);

    (void)instr;
    stack_push(l, unit_call_intrinsic(l->unit, (const char *)argument, &type, 1, &value, 1));
}
