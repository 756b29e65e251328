/* simd_float.c: floating-point lanes where they are not as single numbers (core specification, section 4.3.3). */
#include "llvm/simd.h"

void lower_simd_float_compare(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);
    LLVMValueRef bits = LLVMBuildFCmp(l->builder, (LLVMRealPredicate)argument, left, right, "");

    (void)instr;
    stack_push(l, LLVMBuildSExt(l->builder, bits, simd_type(l->unit, l->shape == F32X4 ? I32X4 : I64X2), ""));
}

/* pmin and pmax return one operand as it is: the second one only if it compares less, or greater. This is what minps
 * and maxps do with their operands exchanged. */
void lower_simd_pseudo_minmax(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);
    LLVMValueRef condition = LLVMBuildFCmp(l->builder, (LLVMRealPredicate)argument, right, left, "");

    (void)instr;
    stack_push(l, LLVMBuildSelect(l->builder, condition, right, left, ""));
}
