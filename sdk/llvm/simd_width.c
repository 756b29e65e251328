/* simd_width.c: integer lanes that become wider or narrower (core specification, section 4.4.3). */
#include "llvm/simd.h"
#include "llvm/target.h"

void lower_simd_extend(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr;
    stack_push(l, simd_extend_half(l, stack_pop(l), argument));
}

void lower_simd_extmul(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);

    (void)instr;
    left = simd_extend_half(l, left, argument);
    right = simd_extend_half(l, right, argument);
    stack_push(l, LLVMBuildMul(l->builder, left, right, ""));
}

static LLVMValueRef build_limit(struct lower *l, const char *name, LLVMValueRef value, int64_t limit)
{
    LLVMTypeRef type = LLVMTypeOf(value);

    return unit_call_intrinsic(l->unit, name, &type, 1, (LLVMValueRef[]){value, simd_splat_number(type, limit)}, 2);
}

/* Signed lanes of both vectors, saturated to half the width: LLVM makes packs or packus of it. */
void lower_simd_narrow(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef second = stack_pop(l), first = stack_pop(l), all;
    unsigned count = 2 * LLVMGetVectorSize(LLVMTypeOf(first));
    LLVMTypeRef type;
    int64_t span;

    (void)instr;
    all = simd_pick(l, first, second, 0, 1, count);
    type = simd_narrower_type(LLVMTypeOf(all));
    span = (int64_t)1 << LLVMGetIntTypeWidth(LLVMGetElementType(type));
    all = build_limit(l, "llvm.smin", all, argument == SIGNED ? span / 2 - 1 : span - 1);
    all = build_limit(l, "llvm.smax", all, argument == SIGNED ? -span / 2 : 0);
    stack_push(l, LLVMBuildTrunc(l->builder, all, type, ""));
}

static LLVMValueRef multiply_add_words(struct lower *l, LLVMValueRef left, LLVMValueRef right)
{
    return simd_call_x86(l, "llvm.x86.sse2.pmadd.wd", (LLVMValueRef[]){left, right}, 2);
}

/* Sums of two products each: an instruction of the oldest CPUs. */
void lower_simd_dot(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef right = stack_pop(l), left = stack_pop(l);

    (void)instr, (void)argument;
    stack_push(l, multiply_add_words(l, left, right));
}

/* Sums of neighbours, made from two shifts of the wider lanes. */
static LLVMValueRef build_extadd(struct lower *l, LLVMValueRef value, enum lower_shape shape, enum lower_sign sign)
{
    LLVMOpcode shift = sign == SIGNED ? LLVMAShr : LLVMLShr;
    LLVMValueRef pairs = simd_cast(l, value, shape), lower, upper;
    LLVMTypeRef type = LLVMTypeOf(pairs);
    LLVMValueRef width = simd_splat_number(type, LLVMGetIntTypeWidth(LLVMGetElementType(type)) / 2);

    upper = LLVMBuildBinOp(l->builder, shift, pairs, width, "");
    lower = LLVMBuildBinOp(l->builder, shift, LLVMBuildShl(l->builder, pairs, width, ""), width, "");
    return LLVMBuildAdd(l->builder, lower, upper, "");
}

/* Where the CPU sums products, of unsigned with signed bytes or of signed words, these are products with 1. */
void lower_simd_extadd(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef value = stack_pop(l), ones = simd_splat_number(LLVMTypeOf(value), 1);
    bool is_signed = argument == SIGNED;
    LLVMValueRef bytes[] = {is_signed ? ones : value, is_signed ? value : ones};

    (void)instr;
    if (l->shape == I16X8 && is_signed)
        stack_push(l, multiply_add_words(l, value, ones));
    else if (l->shape == I8X16 && target_is_v2(l->unit->options))
        stack_push(l, simd_call_x86(l, "llvm.x86.ssse3.pmadd.ub.sw.128", bytes, 2));
    else
        stack_push(l, build_extadd(l, value, l->shape + 1, (enum lower_sign)argument));
}
