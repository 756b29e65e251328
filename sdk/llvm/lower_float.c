/* lower_float.c: floating point (core specification, section 4.3.3). What x * 1 and its like do to signalling NaNs is
 * identity.c's. */
#include "llvm/lower.h"
#include "llvm/simd.h"
#include "llvm/target.h"

/* Adding -0 changes no number, and makes NaNs quiet (identity.c). */
LLVMValueRef lower_quieten(struct lower *l, LLVMValueRef value)
{
    return LLVMBuildFAdd(l->builder, value, LLVMConstReal(LLVMTypeOf(value), -0.0), "");
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

/* LLVM would call the C library on CPUs that cannot round (x86-64-v1). Adding and subtracting the number from which on
 * all floats are integers rounds to the nearest even one; then it is a matter of one step. */
static LLVMValueRef round_by_adding(struct lower *l, LLVMValueRef value, enum lower_rounding rounding)
{
    LLVMBuilderRef b = l->builder;
    LLVMTypeRef type = LLVMTypeOf(value);
    bool is_f32 = type == l->unit->f32 || type == simd_type(l->unit, F32X4);
    LLVMValueRef big = LLVMConstReal(type, is_f32 ? 0x1p23 : 0x1p52), one = LLVMConstReal(type, 1);
    LLVMValueRef size = unit_call_intrinsic(l->unit, "llvm.fabs", &type, 1, &value, 1), result, step, is_small;

    result = LLVMBuildFSub(b, LLVMBuildFAdd(b, size, big, ""), big, "");
    if (rounding == ROUND_TRUNC) {
        step = LLVMBuildFSub(b, result, one, "");
        result = LLVMBuildSelect(b, LLVMBuildFCmp(b, LLVMRealOGT, result, size, ""), step, result, "");
    }
    result = unit_call_intrinsic(l->unit, "llvm.copysign", &type, 1, (LLVMValueRef[]){result, value}, 2);
    if (rounding == ROUND_CEIL || rounding == ROUND_FLOOR) {
        bool is_ceil = rounding == ROUND_CEIL;
        LLVMValueRef is_off = LLVMBuildFCmp(b, is_ceil ? LLVMRealOLT : LLVMRealOGT, result, value, "");

        step = LLVMBuildBinOp(b, is_ceil ? LLVMFAdd : LLVMFSub, result, one, "");
        result = LLVMBuildSelect(b, is_off, step, result, "");
        result = unit_call_intrinsic(l->unit, "llvm.copysign", &type, 1, (LLVMValueRef[]){result, value}, 2);
    }
    is_small = LLVMBuildFCmp(b, LLVMRealOLT, size, big, "");
    return lower_quieten(l, LLVMBuildSelect(b, is_small, result, value, ""));
}

LLVMValueRef lower_build_round(struct lower *l, LLVMValueRef value, enum lower_rounding rounding)
{
    static const char *const intrinsics[] = {
        [ROUND_CEIL] = "llvm.ceil",
        [ROUND_FLOOR] = "llvm.floor",
        [ROUND_TRUNC] = "llvm.trunc",
        [ROUND_NEAREST] = "llvm.roundeven",
    };
    LLVMTypeRef type = LLVMTypeOf(value);

    if (target_is_v2(l->unit->options))
        return unit_call_intrinsic(l->unit, intrinsics[rounding], &type, 1, &value, 1);
    return round_by_adding(l, value, rounding);
}

void lower_round(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr;
    stack_push(l, lower_build_round(l, stack_pop(l), (enum lower_rounding)argument));
}
