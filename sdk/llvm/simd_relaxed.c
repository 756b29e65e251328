/* simd_relaxed.c: relaxed vector instructions that are no others in the deterministic profile (core specification,
 * section 4.3.7). */
#include "llvm/simd.h"

/* a * b + c, or c - a * b, rounded twice. */
void lower_simd_madd(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef addend = stack_pop(l), product;

    lower_float_binop(l, instr, LLVMFMul);
    product = stack_pop(l);
    stack_push(l, argument == LLVMFAdd ? product : addend);
    stack_push(l, argument == LLVMFAdd ? addend : product);
    lower_float_binop(l, instr, argument);
}

/* Every other byte, sign-extended: the odd or the even ones. */
static LLVMValueRef build_bytes(struct lower *l, LLVMValueRef words, bool odd)
{
    LLVMValueRef eight = simd_splat_number(LLVMTypeOf(words), 8);

    return LLVMBuildAShr(l->builder, odd ? words : LLVMBuildShl(l->builder, words, eight, ""), eight, "");
}

/* Sums of two products each of signed bytes; only those of -128 overflow, and saturate. */
static LLVMValueRef build_dot(struct lower *l)
{
    LLVMValueRef right = simd_cast(l, stack_pop(l), I16X8), left = simd_cast(l, stack_pop(l), I16X8);
    LLVMTypeRef type = LLVMTypeOf(left);
    LLVMValueRef products[2];

    for (unsigned odd = 0; odd < 2; odd++)
        products[odd] = LLVMBuildMul(l->builder, build_bytes(l, left, odd), build_bytes(l, right, odd), "");
    return unit_call_intrinsic(l->unit, "llvm.sadd.sat", &type, 1, products, 2);
}

void lower_simd_relaxed_dot(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    stack_push(l, build_dot(l));
}

void lower_simd_relaxed_dot_add(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef addend = simd_cast(l, stack_pop(l), I32X4), dot = build_dot(l);
    LLVMValueRef ones = simd_splat_number(LLVMTypeOf(dot), 1);
    LLVMValueRef sums = simd_call_x86(l, "llvm.x86.sse2.pmadd.wd", (LLVMValueRef[]){dot, ones}, 2);

    (void)instr, (void)argument;
    stack_push(l, LLVMBuildAdd(l->builder, sums, addend, ""));
}
