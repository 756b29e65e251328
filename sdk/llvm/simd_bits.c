/* simd_bits.c: vectors as 128 bits, and tests of vectors (core specification, section 4.4.3). */
#include "llvm/simd.h"

void lower_simd_not(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    stack_push(l, LLVMBuildNot(l->builder, stack_pop(l), ""));
}

void lower_simd_andnot(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);

    (void)instr, (void)argument;
    stack_push(l, LLVMBuildAnd(l->builder, left, LLVMBuildNot(l->builder, right, ""), ""));
}

void lower_simd_bitselect(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef mask = stack_pop(l), zeros = stack_pop(l), ones = stack_pop(l);

    (void)instr, (void)argument;
    ones = LLVMBuildAnd(l->builder, ones, mask, "");
    zeros = LLVMBuildAnd(l->builder, zeros, LLVMBuildNot(l->builder, mask, ""), "");
    stack_push(l, LLVMBuildOr(l->builder, ones, zeros, ""));
}

void lower_simd_any_true(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    stack_push(l, LLVMBuildZExt(l->builder, simd_has_bits(l, stack_pop(l)), l->unit->i32, ""));
}

/* No lane is zero. */
void lower_simd_all_true(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef value = stack_pop(l), zeros;
    LLVMTypeRef type = LLVMTypeOf(value);

    (void)instr, (void)argument;
    zeros = LLVMBuildICmp(l->builder, LLVMIntEQ, value, LLVMConstNull(type), "");
    zeros = simd_has_bits(l, LLVMBuildSExt(l->builder, zeros, type, ""));
    stack_push(l, LLVMBuildZExt(l->builder, LLVMBuildNot(l->builder, zeros, ""), l->unit->i32, ""));
}

/* The lanes' sign bits, the first lane's lowest. */
void lower_simd_bitmask(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef value = stack_pop(l), bits;
    LLVMTypeRef type = LLVMTypeOf(value);

    (void)instr, (void)argument;
    bits = LLVMBuildICmp(l->builder, LLVMIntSLT, value, LLVMConstNull(type), "");
    bits = LLVMBuildBitCast(l->builder, bits, LLVMIntTypeInContext(l->unit->context, LLVMGetVectorSize(type)), "");
    stack_push(l, LLVMBuildZExt(l->builder, bits, l->unit->i32, ""));
}
