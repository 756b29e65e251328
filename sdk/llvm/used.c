/* used.c: see used.h. Sets of bytes are bits of a number, the lowest byte's lowest. */
#include "llvm/used.h"

#include <stdint.h>

#define MAX_DEPTH 8

static uint64_t first_bytes(unsigned count)
{
    return count < 64 ? ((uint64_t)1 << count) - 1 : UINT64_MAX;
}

/* The size of a type in bytes, of a vector's lanes, one for a bit; 0 for what has none or more than a set holds. */
static unsigned size_of(LLVMTypeRef type)
{
    unsigned size;

    switch (LLVMGetTypeKind(type)) {
    case LLVMIntegerTypeKind:
        if (LLVMGetIntTypeWidth(type) == 1)
            return 1;
        return LLVMGetIntTypeWidth(type) % 8 || LLVMGetIntTypeWidth(type) > 64 ? 0 : LLVMGetIntTypeWidth(type) / 8;
    case LLVMFloatTypeKind:
        return 4;
    case LLVMDoubleTypeKind:
        return 8;
    case LLVMVectorTypeKind:
        size = size_of(LLVMGetElementType(type)) * LLVMGetVectorSize(type);
        return size <= 64 ? size : 0;
    default:
        return 0;
    }
}

/* The bytes of lane `lane` of a vector. */
static uint64_t lane_bytes(LLVMTypeRef type, uint64_t lane)
{
    unsigned size = size_of(LLVMGetElementType(type));

    return lane * size < 64 ? first_bytes(size) << lane * size : 0;
}

static uint64_t used_by_extract(LLVMValueRef user, LLVMTypeRef type)
{
    LLVMValueRef lane = LLVMGetOperand(user, 1);

    return LLVMIsAConstantInt(lane) ? lane_bytes(type, LLVMConstIntGetZExtValue(lane)) : UINT64_MAX;
}

/* Its operands are one vector behind the other, of which either may be the value. */
static uint64_t used_by_shuffle(LLVMValueRef user, LLVMValueRef value)
{
    LLVMTypeRef type = LLVMTypeOf(value);
    unsigned count = LLVMGetVectorSize(type);
    uint64_t used = 0;

    for (unsigned i = 0; i < LLVMGetNumMaskElements(user); i++) {
        int lane = LLVMGetMaskValue(user, i);

        if (lane >= 0 && LLVMGetOperand(user, (unsigned)lane >= count) == value)
            used |= lane_bytes(type, (unsigned)lane % count);
    }
    return used;
}

/* The bytes in which a number has bits. */
static uint64_t bytes_of(uint64_t number)
{
    uint64_t used = 0;

    for (unsigned i = 0; i < 8; i++)
        used |= (uint64_t)((number >> 8 * i & 0xff) != 0) << i;
    return used;
}

static uint64_t used_by_operation(LLVMValueRef user, LLVMValueRef value)
{
    LLVMOpcode opcode = LLVMGetInstructionOpcode(user);
    LLVMValueRef constant = LLVMGetOperand(user, 1);
    uint64_t number, all = first_bytes(size_of(LLVMTypeOf(value)));

    if (all == 0 || !LLVMIsAConstantInt(constant))
        return UINT64_MAX;
    number = LLVMConstIntGetZExtValue(constant);
    switch (opcode) {
    case LLVMAnd:
        return bytes_of(number);
    case LLVMShl:
        return number < 64 ? all >> number / 8 : 0;
    case LLVMLShr:
    case LLVMAShr:
        return all & ~first_bytes((unsigned)number / 8);
    default:
        return UINT64_MAX;
    }
}

static uint64_t used_bytes(LLVMValueRef value, unsigned depth);

static bool is_vector(LLVMTypeRef type)
{
    return LLVMGetTypeKind(type) == LLVMVectorTypeKind;
}

/* An operation that makes each lane of its result of the same lanes of its operands. */
static uint64_t used_by_lanes(LLVMValueRef user, LLVMValueRef value, unsigned depth)
{
    LLVMTypeRef type = LLVMTypeOf(value), result = LLVMTypeOf(user);
    uint64_t used = 0, used_result;

    if (!is_vector(type) || !is_vector(result) || size_of(type) == 0 || size_of(result) == 0)
        return UINT64_MAX;
    used_result = used_bytes(user, depth);
    for (unsigned i = 0; i < LLVMGetVectorSize(type); i++)
        if (used_result & lane_bytes(result, i))
            used |= lane_bytes(type, i);
    return used;
}

/* The value is the vector, of which one lane is replaced, or the lane. */
static uint64_t used_by_insert(LLVMValueRef user, LLVMValueRef value, unsigned depth)
{
    LLVMTypeRef type = LLVMTypeOf(user);
    LLVMValueRef lane = LLVMGetOperand(user, 2);
    uint64_t used, bytes;

    if (!LLVMIsAConstantInt(lane) || size_of(type) == 0)
        return UINT64_MAX;
    used = used_bytes(user, depth);
    bytes = lane_bytes(type, LLVMConstIntGetZExtValue(lane));
    if (LLVMGetOperand(user, 0) == value)
        return used & ~bytes;
    return used & bytes ? UINT64_MAX : 0;
}

/* Lanes of one bit, which count for a byte here. */
static bool has_bits(LLVMTypeRef type)
{
    LLVMTypeRef lane = is_vector(type) ? LLVMGetElementType(type) : type;

    return LLVMGetTypeKind(lane) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(lane) == 1;
}

static uint64_t used_by(LLVMValueRef user, LLVMValueRef value, unsigned depth)
{
    if (LLVMIsABinaryOperator(user) && !is_vector(LLVMTypeOf(value)))
        return used_by_operation(user, value);
    if (LLVMIsABinaryOperator(user) || LLVMIsACmpInst(user))
        return used_by_lanes(user, value, depth);
    switch (LLVMGetInstructionOpcode(user)) {
    case LLVMBitCast:
        return has_bits(LLVMTypeOf(value)) ? UINT64_MAX : used_bytes(user, depth);
    case LLVMTrunc:
        if (LLVMGetTypeKind(LLVMTypeOf(user)) == LLVMIntegerTypeKind)
            return first_bytes((LLVMGetIntTypeWidth(LLVMTypeOf(user)) + 7) / 8);
        return used_by_lanes(user, value, depth);
    case LLVMZExt:
    case LLVMSExt:
    case LLVMFPExt:
    case LLVMFPTrunc:
    case LLVMSIToFP:
    case LLVMUIToFP:
    case LLVMFNeg:
    case LLVMSelect:
        return used_by_lanes(user, value, depth);
    case LLVMInsertElement:
        return used_by_insert(user, value, depth);
    case LLVMExtractElement:
        return used_by_extract(user, LLVMTypeOf(value));
    case LLVMShuffleVector:
        return used_by_shuffle(user, value);
    default:
        return UINT64_MAX;
    }
}

/* Looks through `depth` operations at most: unoptimised code can have a chain of millions. */
static uint64_t used_bytes(LLVMValueRef value, unsigned depth)
{
    uint64_t used = 0;

    if (depth == 0)
        return UINT64_MAX;
    for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use))
        used |= used_by(LLVMGetUser(use), value, depth - 1);
    return used;
}

bool used_in_part(LLVMValueRef load)
{
    uint64_t all = first_bytes(size_of(LLVMTypeOf(load)));

    return all != 0 && (used_bytes(load, MAX_DEPTH) & all) != all;
}

bool used_nowhere(LLVMValueRef load)
{
    return LLVMGetFirstUse(load) && used_bytes(load, MAX_DEPTH) == 0;
}

bool used_for_update(LLVMValueRef store)
{
    LLVMValueRef value = LLVMGetOperand(store, 0), load;

    if (!LLVMIsABinaryOperator(value) || !LLVMIsAConstantInt(LLVMGetOperand(value, 1)))
        return false;
    load = LLVMGetOperand(value, 0);
    return LLVMIsALoadInst(load) && LLVMGetOperand(load, 0) == LLVMGetOperand(store, 1);
}
