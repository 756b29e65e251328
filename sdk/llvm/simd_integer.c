/* simd_integer.c: arithmetic on integer lanes that is not the same as on single integers (core specification, section
 * 4.3.2). */
#include "llvm/simd.h"
#include "llvm/target.h"

void lower_simd_compare(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);
    LLVMValueRef bits = LLVMBuildICmp(l->builder, (LLVMIntPredicate)argument, left, right, "");

    (void)instr;
    stack_push(l, LLVMBuildSExt(l->builder, bits, LLVMTypeOf(left), ""));
}

/* The second argument says that the smallest integer has an absolute value too: itself. */
void lower_simd_abs(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef args[] = {stack_pop(l), LLVMConstNull(l->unit->i1)};
    LLVMTypeRef type = LLVMTypeOf(args[0]);

    (void)instr, (void)argument;
    stack_push(l, unit_call_intrinsic(l->unit, "llvm.abs", &type, 1, args, 2));
}

void lower_simd_neg(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    stack_push(l, LLVMBuildNeg(l->builder, stack_pop(l), ""));
}

/* All lanes by one count, modulo the lanes' width. */
void lower_simd_shift(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef count = stack_pop(l), value = stack_pop(l);
    LLVMTypeRef type = LLVMTypeOf(value), lane = LLVMGetElementType(type);

    (void)instr;
    count = LLVMBuildAnd(l->builder, count, unit_i32(l->unit, LLVMGetIntTypeWidth(lane) - 1), "");
    count = simd_splat(l, LLVMBuildIntCast2(l->builder, count, lane, false, ""), type);
    stack_push(l, LLVMBuildBinOp(l->builder, (LLVMOpcode)argument, value, count, ""));
}

/* (left + right + 1) / 2 without overflow: LLVM makes pavg of it. */
void lower_simd_avgr(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l), sum, one;
    LLVMTypeRef type = LLVMTypeOf(left), wide = simd_wider_type(type);

    (void)instr, (void)argument;
    one = simd_splat_number(wide, 1);
    left = LLVMBuildZExt(l->builder, left, wide, "");
    right = LLVMBuildZExt(l->builder, right, wide, "");
    sum = LLVMBuildAdd(l->builder, LLVMBuildAdd(l->builder, left, right, ""), one, "");
    stack_push(l, LLVMBuildTrunc(l->builder, LLVMBuildLShr(l->builder, sum, one, ""), type, ""));
}

/* As pmulhrsw: without the low 14 bits, rounded to the next bit. */
static LLVMValueRef build_q15mulr(struct lower *l, LLVMValueRef left, LLVMValueRef right)
{
    LLVMBuilderRef b = l->builder;
    LLVMTypeRef type = LLVMTypeOf(left), wide = simd_wider_type(type);
    LLVMValueRef one = simd_splat_number(wide, 1), product;

    product = LLVMBuildMul(b, LLVMBuildSExt(b, left, wide, ""), LLVMBuildSExt(b, right, wide, ""), "");
    product = LLVMBuildAdd(b, LLVMBuildLShr(b, product, simd_splat_number(wide, 14), ""), one, "");
    return LLVMBuildTrunc(b, LLVMBuildLShr(b, product, one, ""), type, "");
}

/* The product of numbers with 15 bits behind the point, rounded. Only -1 * -1 overflows, to -1, whose bits are the
 * complement of the largest number's. */
void lower_simd_q15mulr(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l), product, overflow;
    LLVMTypeRef type = LLVMTypeOf(left);

    (void)instr, (void)argument;
    if (target_is_v2(l->unit->options))
        product = simd_call_x86(l, "llvm.x86.ssse3.pmul.hr.sw.128", (LLVMValueRef[]){left, right}, 2);
    else
        product = build_q15mulr(l, left, right);
    overflow = LLVMBuildICmp(l->builder, LLVMIntEQ, product, simd_splat_number(type, INT16_MIN), "");
    stack_push(l, LLVMBuildXor(l->builder, product, LLVMBuildSExt(l->builder, overflow, type, ""), ""));
}
