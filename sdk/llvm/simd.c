/* simd.c: see simd.h. */
#include "llvm/simd.h"

#define MAX_LANES 32 /* of two vectors */

LLVMTypeRef simd_type(const struct unit *unit, enum lower_shape shape)
{
    switch (shape) {
    case I8X16:
        return LLVMVectorType(unit->i8, 16);
    case I16X8:
        return LLVMVectorType(unit->i16, 8);
    case I32X4:
        return LLVMVectorType(unit->i32, 4);
    case F32X4:
        return LLVMVectorType(unit->f32, 4);
    case F64X2:
        return LLVMVectorType(unit->f64, 2);
    default:
        return unit->v128;
    }
}

/* A cast that undoes another one is none. */
LLVMValueRef simd_cast(struct lower *l, LLVMValueRef value, enum lower_shape shape)
{
    LLVMTypeRef type = simd_type(l->unit, shape);

    if (LLVMIsABitCastInst(value) && LLVMTypeOf(LLVMGetOperand(value, 0)) == type)
        return LLVMGetOperand(value, 0);
    return LLVMBuildBitCast(l->builder, value, type, "");
}

LLVMValueRef simd_splat(struct lower *l, LLVMValueRef lane, LLVMTypeRef type)
{
    LLVMValueRef zero = unit_i32(l->unit, 0), poison = LLVMGetPoison(type);
    LLVMValueRef vector = LLVMBuildInsertElement(l->builder, poison, lane, zero, "");
    LLVMTypeRef mask = LLVMVectorType(l->unit->i32, LLVMGetVectorSize(type));

    return LLVMBuildShuffleVector(l->builder, vector, poison, LLVMConstNull(mask), "");
}

LLVMValueRef simd_splat_number(LLVMTypeRef type, int64_t number)
{
    LLVMValueRef lanes[MAX_LANES], lane = LLVMConstInt(LLVMGetElementType(type), (uint64_t)number, true);

    for (unsigned i = 0; i < LLVMGetVectorSize(type); i++)
        lanes[i] = lane;
    return LLVMConstVector(lanes, LLVMGetVectorSize(type));
}

LLVMValueRef simd_pick(struct lower *l, LLVMValueRef first, LLVMValueRef second, unsigned start, unsigned step,
                       unsigned count)
{
    LLVMValueRef lanes[MAX_LANES];

    for (unsigned i = 0; i < count; i++)
        lanes[i] = unit_i32(l->unit, start + i * step);
    return LLVMBuildShuffleVector(l->builder, first, second, LLVMConstVector(lanes, count), "");
}

LLVMValueRef simd_extend_half(struct lower *l, LLVMValueRef value, intptr_t half)
{
    unsigned count = LLVMGetVectorSize(LLVMTypeOf(value)) / 2;
    LLVMValueRef lanes = simd_pick(l, value, value, half & HIGH ? count : 0, 1, count);

    return LLVMBuildIntCast2(l->builder, lanes, simd_wider_type(LLVMTypeOf(lanes)), (half & SIGNED) != 0, "");
}

static LLVMTypeRef resize(LLVMTypeRef type, unsigned bits)
{
    return LLVMVectorType(LLVMIntTypeInContext(LLVMGetTypeContext(type), bits), LLVMGetVectorSize(type));
}

LLVMTypeRef simd_wider_type(LLVMTypeRef type)
{
    return resize(type, LLVMGetIntTypeWidth(LLVMGetElementType(type)) * 2);
}

LLVMTypeRef simd_narrower_type(LLVMTypeRef type)
{
    return resize(type, LLVMGetIntTypeWidth(LLVMGetElementType(type)) / 2);
}

LLVMValueRef simd_call_x86(struct lower *l, const char *name, LLVMValueRef *args, unsigned count)
{
    return unit_call_intrinsic(l->unit, name, NULL, 0, args, count);
}

/* LLVM makes ptest of a comparison of 128 bits. */
LLVMValueRef simd_has_bits(struct lower *l, LLVMValueRef value)
{
    LLVMTypeRef type = LLVMIntTypeInContext(l->unit->context, 128);
    LLVMValueRef bits = LLVMBuildBitCast(l->builder, value, type, "");

    return LLVMBuildICmp(l->builder, LLVMIntNE, bits, LLVMConstNull(type), "");
}
