/* simd_memory.c: vectors and linear memory beyond whole vectors (core specification, sections 4.4.7.3 to 4.4.7.8). */
#include "llvm/simd.h"

/* Eight bytes as lanes of half the width: `l->shape` has these narrow lanes. */
void lower_simd_load_extend(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMTypeRef whole = simd_type(l->unit, l->shape);
    LLVMTypeRef half = LLVMVectorType(LLVMGetElementType(whole), LLVMGetVectorSize(whole) / 2);
    LLVMValueRef value = lower_load_from(l, instr, stack_pop(l), half);

    stack_push(l, LLVMBuildIntCast2(l->builder, value, simd_wider_type(half), argument == SIGNED, ""));
}

static LLVMTypeRef lane_type(struct lower *l)
{
    return LLVMGetElementType(simd_type(l->unit, l->shape));
}

void lower_simd_load_splat(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef lane = lower_load_from(l, instr, stack_pop(l), lane_type(l));

    (void)argument;
    stack_push(l, simd_splat(l, lane, simd_type(l->unit, l->shape)));
}

void lower_simd_load_zero(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef lane = lower_load_from(l, instr, stack_pop(l), lane_type(l));
    LLVMValueRef zero = LLVMConstNull(simd_type(l->unit, l->shape));

    (void)argument;
    stack_push(l, LLVMBuildInsertElement(l->builder, zero, lane, unit_i32(l->unit, 0), ""));
}

void lower_simd_load_lane(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef vector = stack_pop(l), lane = lower_load_from(l, instr, stack_pop(l), lane_type(l));

    (void)argument;
    stack_push(l, LLVMBuildInsertElement(l->builder, vector, lane, unit_i32(l->unit, instr->mem.lane), ""));
}

void lower_simd_store_lane(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef vector = stack_pop(l), index = stack_pop(l);
    LLVMValueRef lane = LLVMBuildExtractElement(l->builder, vector, unit_i32(l->unit, instr->mem.lane), "");

    (void)argument;
    lower_store_to(l, instr, index, lane);
}
