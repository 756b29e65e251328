/* simd_lane.c: single lanes, and lanes that change places (core specification, section 4.4.3). */
#include "llvm/simd.h"
#include "llvm/target.h"

/* A lane's value, of an i32 for 8 and 16 bits. */
static LLVMValueRef pop_lane(struct lower *l)
{
    LLVMTypeRef type = LLVMGetElementType(simd_type(l->unit, l->shape));
    LLVMValueRef value = stack_pop(l);

    return l->shape == I8X16 || l->shape == I16X8 ? LLVMBuildTrunc(l->builder, value, type, "") : value;
}

void lower_simd_splat(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    stack_push(l, simd_splat(l, pop_lane(l), simd_type(l->unit, l->shape)));
}

void lower_simd_extract_lane(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef lane = LLVMBuildExtractElement(l->builder, stack_pop(l), unit_i32(l->unit, instr->lane), "");

    if (l->shape == I8X16 || l->shape == I16X8)
        lane = LLVMBuildIntCast2(l->builder, lane, l->unit->i32, argument == SIGNED, "");
    stack_push(l, lane);
}

void lower_simd_replace_lane(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef lane = pop_lane(l), vector = stack_pop(l);

    (void)argument;
    stack_push(l, LLVMBuildInsertElement(l->builder, vector, lane, unit_i32(l->unit, instr->lane), ""));
}

void lower_simd_shuffle(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef second = stack_pop(l), first = stack_pop(l), lanes[16];

    (void)argument;
    for (unsigned i = 0; i < 16; i++)
        lanes[i] = unit_i32(l->unit, instr->bytes[i]);
    stack_push(l, LLVMBuildShuffleVector(l->builder, first, second, LLVMConstVector(lanes, 16), ""));
}

/* One lane after the other, for CPUs without pshufb (x86-64-v1). */
static LLVMValueRef build_swizzle(struct lower *l, LLVMValueRef vector, LLVMValueRef indices)
{
    LLVMTypeRef type = LLVMTypeOf(vector);
    LLVMValueRef low = LLVMBuildAnd(l->builder, indices, simd_splat_number(type, 15), ""), inside;
    LLVMValueRef result = LLVMGetPoison(type);

    for (unsigned i = 0; i < 16; i++) {
        LLVMValueRef to = unit_i32(l->unit, i), from = LLVMBuildExtractElement(l->builder, low, to, "");
        LLVMValueRef lane = LLVMBuildExtractElement(l->builder, vector, from, "");

        result = LLVMBuildInsertElement(l->builder, result, lane, to, "");
    }
    inside = LLVMBuildICmp(l->builder, LLVMIntULT, indices, simd_splat_number(type, 16), "");
    return LLVMBuildSelect(l->builder, inside, result, LLVMConstNull(type), "");
}

/* pshufb gives 0 for indices with the top bit, and else heeds the low four bits: adding 0x70, saturated, sets the top
 * bit for all indices from 16 on and leaves the low bits of the others. */
void lower_simd_swizzle(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef indices = stack_pop(l), vector = stack_pop(l), args[2];
    LLVMTypeRef type = LLVMTypeOf(vector);

    (void)instr, (void)argument;
    if (!target_is_v2(l->unit->options)) {
        stack_push(l, build_swizzle(l, vector, indices));
        return;
    }
    args[0] = indices;
    args[1] = simd_splat_number(type, 0x70);
    args[1] = unit_call_intrinsic(l->unit, "llvm.uadd.sat", &type, 1, args, 2);
    args[0] = vector;
    stack_push(l, simd_call_x86(l, "llvm.x86.ssse3.pshuf.b.128", args, 2));
}
