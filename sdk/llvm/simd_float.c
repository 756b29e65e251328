/* simd_float.c: floating-point lanes where they are not as single numbers (core specification, section 4.3.3). */
#include "llvm/simd.h"

void lower_simd_float_compare(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);
    LLVMValueRef bits = LLVMBuildFCmp(l->builder, (LLVMRealPredicate)argument, left, right, "");

    (void)instr;
    stack_push(l, LLVMBuildSExt(l->builder, bits, simd_type(l->unit, l->shape == F32X4 ? I32X4 : I64X2), ""));
}

/* minps and its like: the first operand if it is less, or greater; in all other cases, equal ones and NaNs among them,
 * the second one. */
static LLVMValueRef choose(struct lower *l, enum lower_extreme extreme, LLVMValueRef first, LLVMValueRef second)
{
    static const char *const singles[] = {[LEAST] = "llvm.x86.sse.min.ps", [GREATEST] = "llvm.x86.sse.max.ps"};
    static const char *const doubles[] = {[LEAST] = "llvm.x86.sse2.min.pd", [GREATEST] = "llvm.x86.sse2.max.pd"};
    const char *name = (l->shape == F32X4 ? singles : doubles)[extreme];

    return simd_call_x86(l, name, (LLVMValueRef[]){first, second}, 2);
}

/* Both orders differ in zeros of unlike sign only, of which these bit operations leave the right one, and in NaNs,
 * which come from the sum, quiet. (LLVM's own minimum and maximum take more instructions and twice the time.) */
void lower_simd_minmax(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMOpcode opcode = argument == LEAST ? LLVMOr : LLVMAnd;
    LLVMValueRef right = stack_pop(l), left = stack_pop(l), one, other, chosen, sum, is_nan;

    (void)instr;
    one = simd_cast(l, choose(l, (enum lower_extreme)argument, left, right), V128);
    other = simd_cast(l, choose(l, (enum lower_extreme)argument, right, left), V128);
    chosen = simd_cast(l, LLVMBuildBinOp(l->builder, opcode, one, other, ""), l->shape);
    sum = LLVMBuildFAdd(l->builder, left, right, "");
    is_nan = LLVMBuildFCmp(l->builder, LLVMRealUNO, left, right, "");
    stack_push(l, LLVMBuildSelect(l->builder, is_nan, sum, chosen, ""));
}

/* pmin and pmax: the second operand if it is less, or greater; else the first one, as it is. */
void lower_simd_pseudo_minmax(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);

    (void)instr;
    stack_push(l, choose(l, (enum lower_extreme)argument, right, left));
}
