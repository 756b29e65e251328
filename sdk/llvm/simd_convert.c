/* simd_convert.c: conversions between lanes of integers and of floats (core specification, section 4.3.4).
 *
 * x86's conversions give 0x80000000 for what does not fit an i32. LLVM leaves that undefined in its own instruction
 * and makes long code of its saturating one, hence the instructions by name here. */
#include "llvm/simd.h"

static LLVMValueRef low_half(struct lower *l, LLVMValueRef value)
{
    return simd_pick(l, value, value, 0, 1, LLVMGetVectorSize(LLVMTypeOf(value)) / 2);
}

static LLVMValueRef add_zeros(struct lower *l, LLVMValueRef value)
{
    LLVMTypeRef type = LLVMTypeOf(value);

    return simd_pick(l, value, LLVMConstNull(type), 0, 1, 2 * LLVMGetVectorSize(type));
}

void lower_simd_convert(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr;
    stack_push(l, LLVMBuildCast(l->builder, (LLVMOpcode)argument, stack_pop(l), simd_type(l->unit, F32X4), ""));
}

void lower_simd_convert_low(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef low = low_half(l, stack_pop(l));

    (void)instr;
    stack_push(l, LLVMBuildCast(l->builder, (LLVMOpcode)argument, low, simd_type(l->unit, F64X2), ""));
}

void lower_simd_promote(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMTypeRef type = simd_type(l->unit, F64X2);

    (void)instr, (void)argument;
    stack_push(l, LLVMBuildFPExt(l->builder, low_half(l, stack_pop(l)), type, ""));
}

void lower_simd_demote(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMTypeRef type = LLVMVectorType(l->unit->f32, 2);

    (void)instr, (void)argument;
    stack_push(l, add_zeros(l, LLVMBuildFPTrunc(l->builder, stack_pop(l), type, "")));
}

static LLVMValueRef select_where(struct lower *l, LLVMRealPredicate predicate, LLVMValueRef left, LLVMValueRef right)
{
    return LLVMBuildSelect(l->builder, LLVMBuildFCmp(l->builder, predicate, left, right, ""), left, right, "");
}

static LLVMValueRef convert_words(struct lower *l, LLVMValueRef value)
{
    return simd_call_x86(l, "llvm.x86.sse2.cvttps2dq", &value, 1);
}

/* Converts numbers of which none is NaN. What is too large gives 0x80000000, complemented the largest i32; what is too
 * small gives it too, and wants it. */
static LLVMValueRef convert_signed(struct lower *l, LLVMValueRef value)
{
    LLVMValueRef limit = LLVMConstReal(LLVMTypeOf(value), 0x1p31), result = convert_words(l, value);
    LLVMValueRef is_large = LLVMBuildFCmp(l->builder, LLVMRealOGE, value, limit, "");

    return LLVMBuildXor(l->builder, result, LLVMBuildSExt(l->builder, is_large, LLVMTypeOf(result), ""), "");
}

/* A number of 32 bits is 2^31, which the conversion gives for all that is too large, and what is above it. */
static LLVMValueRef convert_unsigned(struct lower *l, LLVMValueRef value)
{
    LLVMValueRef half = LLVMConstReal(LLVMTypeOf(value), 0x1p31), above, args[2];
    LLVMTypeRef type;

    above = convert_signed(l, LLVMBuildFSub(l->builder, value, half, ""));
    type = LLVMTypeOf(above);
    args[0] = above;
    args[1] = LLVMConstNull(type);
    above = unit_call_intrinsic(l->unit, "llvm.smax", &type, 1, args, 2);
    return LLVMBuildAdd(l->builder, convert_words(l, value), above, "");
}

/* NaN becomes 0, by a select that a comparison with it never takes. */
void lower_simd_trunc_sat(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef value = stack_pop(l), zero = LLVMConstNull(LLVMTypeOf(value)), is_number;

    (void)instr;
    if (argument == UNSIGNED) {
        stack_push(l, convert_unsigned(l, select_where(l, LLVMRealOGT, value, zero)));
        return;
    }
    is_number = LLVMBuildFCmp(l->builder, LLVMRealORD, value, zero, "");
    stack_push(l, convert_signed(l, LLVMBuildSelect(l->builder, is_number, value, zero, "")));
}

/* Every i32 is an f64, so that a bound does it; the smallest one is what the conversion gives for less. */
static LLVMValueRef convert_doubles_signed(struct lower *l, LLVMValueRef value)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef is_number = LLVMBuildFCmp(l->builder, LLVMRealORD, value, value, "");
    LLVMValueRef bound = LLVMConstReal(type, INT32_MAX);

    bound = LLVMBuildSelect(l->builder, is_number, bound, LLVMConstNull(type), "");
    value = select_where(l, LLVMRealOLT, value, bound);
    return simd_call_x86(l, "llvm.x86.sse2.cvttpd2dq", &value, 1);
}

/* 2^52 more, an integer of 0 to 2^32 - 1 is the low half of the double's bits. */
static LLVMValueRef convert_doubles_unsigned(struct lower *l, LLVMValueRef value)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    LLVMValueRef zeros = LLVMConstNull(simd_type(l->unit, I32X4)), bits;

    value = select_where(l, LLVMRealOGT, value, LLVMConstNull(type));
    value = select_where(l, LLVMRealOLT, value, LLVMConstReal(type, UINT32_MAX));
    value = lower_build_round(l, value, ROUND_TRUNC);
    bits = simd_cast(l, LLVMBuildFAdd(l->builder, value, LLVMConstReal(type, 0x1p52), ""), I32X4);
    return simd_pick(l, bits, zeros, 0, 2, 4);
}

void lower_simd_trunc_sat_zero(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef value = stack_pop(l);

    (void)instr;
    stack_push(l, argument == SIGNED ? convert_doubles_signed(l, value) : convert_doubles_unsigned(l, value));
}
