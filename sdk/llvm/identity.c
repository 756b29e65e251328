/* identity.c: see identity.h. */
#include "llvm/identity.h"

#define MAX_DEPTH 8
#define MAX_USES  64

static unsigned intrinsic_of(LLVMValueRef value)
{
    LLVMValueRef callee = LLVMIsACallInst(value) ? LLVMIsAFunction(LLVMGetCalledValue(value)) : NULL;

    return callee ? LLVMGetIntrinsicID(callee) : 0;
}

static bool is_fence(LLVMValueRef value)
{
    return intrinsic_of(value) == LLVMLookupIntrinsicID(UNIT_FENCE, sizeof(UNIT_FENCE) - 1);
}

/* Any constant vector passes for one: telling would win no more than an operand from memory. */
static bool is_identity(LLVMOpcode opcode, LLVMValueRef constant)
{
    bool is_sum = opcode == LLVMFAdd || opcode == LLVMFSub;
    LLVMBool loses_bits;
    double number;

    if (!LLVMIsAConstantFP(constant))
        return true;
    number = LLVMConstRealGetDouble(constant, &loses_bits);
    return is_sum ? number == 0 : number == 1 || number == -1;
}

/* What another operation makes has an operand behind a fence, and is no constant. Without the optimiser, only what
 * stands in the operation itself is known. */
static bool may_be_known(const struct unit *unit, LLVMOpcode opcode, LLVMValueRef operand)
{
    if (LLVMIsConstant(operand))
        return is_identity(opcode, operand);
    if (unit->options->optimise == 0)
        return LLVMIsAFPExtInst(operand);
    return !LLVMIsABinaryOperator(operand);
}

static void hide_operands(struct unit *unit, LLVMValueRef operation)
{
    LLVMOpcode opcode = LLVMGetInstructionOpcode(operation);

    LLVMPositionBuilderBefore(unit->builder, operation);
    for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(operation); i++) {
        LLVMValueRef operand = LLVMGetOperand(operation, i);

        if (may_be_known(unit, opcode, operand))
            LLVMSetOperand(operation, i, unit_build_fence(unit, operand));
    }
}

static bool has_identity(LLVMValueRef instruction)
{
    switch (LLVMGetInstructionOpcode(instruction)) {
    case LLVMFAdd:
    case LLVMFSub:
    case LLVMFMul:
    case LLVMFDiv:
    case LLVMFPTrunc:
        return true;
    default:
        return false;
    }
}

void identity_hide(struct unit *unit)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(unit->module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block; block = LLVMGetNextBasicBlock(block))
            for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i))
                if (has_identity(i))
                    hide_operands(unit, i);
}

static bool is_float_operation(LLVMValueRef value)
{
    return LLVMIsABinaryOperator(value) && has_identity(value);
}

/* Where an integer is compared it may be known, in the operand of a select. Many uses are not looked through. */
static bool may_be_compared(LLVMValueRef value)
{
    unsigned left = MAX_USES;

    for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use))
        if (LLVMIsAICmpInst(LLVMGetUser(use)) || left-- == 0)
            return true;
    return false;
}

/* Whether the value stays unknown: it comes from memory or a caller, by operations. Where loops are unrolled, a phi may
 * become one of its values; a lane may become one of those of its vector. */
static bool is_unknown(LLVMValueRef value, bool unrolls, unsigned depth)
{
    if (may_be_compared(value))
        return false;
    if (!unrolls && LLVMIsAPHINode(value) && LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMIntegerTypeKind)
        return true;
    if (LLVMIsAArgument(value) || LLVMIsALoadInst(value) || is_float_operation(value) || is_fence(value))
        return true;
    if (LLVMIsACallInst(value) && !intrinsic_of(value))
        return true;
    if (depth == 0 || !(LLVMIsACallInst(value) || LLVMIsACastInst(value) || LLVMIsABinaryOperator(value)))
        return false;
    for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(value); i++) {
        LLVMValueRef operand = LLVMGetOperand(value, i);

        if (!LLVMIsConstant(operand) && !is_unknown(operand, unrolls, depth - 1))
            return false;
    }
    return true;
}

/* A demotion must not meet the promotion either, from which only the sign may part it. */
static bool is_demoted(LLVMValueRef fence)
{
    for (LLVMUseRef use = LLVMGetFirstUse(fence); use; use = LLVMGetNextUse(use))
        if (LLVMIsAFPTruncInst(LLVMGetUser(use)))
            return true;
    return false;
}

static bool hides_nothing(LLVMValueRef fence)
{
    LLVMValueRef value = LLVMGetOperand(fence, 0);

    if (is_demoted(fence))
        return LLVMIsAArgument(value) || LLVMIsALoadInst(value) || is_float_operation(value);
    return !LLVMIsConstant(value) && is_unknown(value, false, MAX_DEPTH);
}

static void show_in(LLVMBasicBlockRef block)
{
    LLVMValueRef next;

    for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = next) {
        next = LLVMGetNextInstruction(i);
        if (!is_fence(i) || !hides_nothing(i))
            continue;
        LLVMReplaceAllUsesWith(i, LLVMGetOperand(i, 0));
        LLVMInstructionEraseFromParent(i);
    }
}

void identity_show(struct unit *unit)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(unit->module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block; block = LLVMGetNextBasicBlock(block))
            show_in(block);
}

static void hide_again(struct unit *unit, LLVMValueRef operation)
{
    LLVMPositionBuilderBefore(unit->builder, operation);
    for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(operation); i++) {
        LLVMValueRef operand = LLVMGetOperand(operation, i);

        if (!LLVMIsConstant(operand) && !is_unknown(operand, true, MAX_DEPTH))
            LLVMSetOperand(operation, i, unit_build_fence(unit, operand));
    }
}

void identity_hide_counters(struct unit *unit)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(unit->module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block; block = LLVMGetNextBasicBlock(block))
            for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i))
                if (has_identity(i))
                    hide_again(unit, i);
}
