/* lower_convert.c: constants and conversions (core specification, sections 4.4.1.1 and 4.3.4). */
#include <float.h>

#include <mewz/abi.h>

#include "llvm/constant.h"
#include "llvm/lower.h"

static LLVMTypeRef result_type(struct lower *l, const struct wasm_instr *instr)
{
    return unit_letter_type(l->unit, wasm_op_info[instr->op].signature[2]);
}

void lower_constant(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    stack_push(l, constant_value(l->unit, instr));
}

void lower_convert(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    stack_push(l, LLVMBuildCast(l->builder, (LLVMOpcode)argument, stack_pop(l), result_type(l, instr), ""));
}

/* The numbers that can be converted lie between these two, exclusively. */
struct range {
    double low, high;
};

/* The lower bound is the next number below the smallest result that the source type has, or the next integer. */
static struct range integer_range(struct lower *l, LLVMTypeRef source, LLVMTypeRef target, bool is_signed)
{
    bool is_32 = target == l->unit->i32;
    double unsigned_high = is_32 ? 0x1p32 : 0x1p64, high = unsigned_high / 2;
    double gap = high * (source == l->unit->f32 ? FLT_EPSILON : DBL_EPSILON);

    if (!is_signed)
        return (struct range){-1, unsigned_high};
    return (struct range){-high - (gap > 1 ? gap : 1), high};
}

/* One check on the way through; which trap it is, NaN or out of range, is decided behind it. */
void lower_trunc_checked(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMBuilderRef builder = l->builder;
    LLVMValueRef value = stack_pop(l), above, below, is_nan;
    LLVMTypeRef source = LLVMTypeOf(value), target = result_type(l, instr);
    struct range range = integer_range(l, source, target, argument == SIGNED);
    LLVMBasicBlockRef next = lower_new_block(l), fail = lower_new_block(l);

    above = LLVMBuildFCmp(builder, LLVMRealOGT, value, LLVMConstReal(source, range.low), "");
    below = LLVMBuildFCmp(builder, LLVMRealOLT, value, LLVMConstReal(source, range.high), "");
    LLVMBuildCondBr(builder, LLVMBuildAnd(builder, above, below, ""), next, fail);
    LLVMPositionBuilderAtEnd(builder, fail);
    is_nan = LLVMBuildFCmp(builder, LLVMRealUNO, value, value, "");
    trap_if(l, is_nan, MEWZ_TRAP_CONVERSION);
    lower_locate(l, unit_build_trap(l->unit, MEWZ_TRAP_INTEGER_OVERFLOW));
    LLVMPositionBuilderAtEnd(builder, next);
    stack_push(l, LLVMBuildCast(builder, argument == SIGNED ? LLVMFPToSI : LLVMFPToUI, value, target, ""));
}

void lower_trunc_sat(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef value = stack_pop(l);
    LLVMTypeRef types[] = {result_type(l, instr), LLVMTypeOf(value)};

    stack_push(l, unit_call_intrinsic(l->unit, (const char *)argument, types, 2, &value, 1));
}
