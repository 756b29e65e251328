/* keep.c: see keep.h. */
#include "llvm/keep.h"

#include "llvm/used.h"

#define MAX_DEPTH 8

/* The place behind a call. An invoke is the only way to its next block, since keep_traps runs on such code. */
static LLVMValueRef next_instruction(LLVMValueRef call)
{
    LLVMValueRef next;

    if (!LLVMIsAInvokeInst(call))
        return LLVMGetNextInstruction(call);
    next = LLVMGetFirstInstruction(LLVMGetNormalDest(call));
    while (LLVMIsAPHINode(next))
        next = LLVMGetNextInstruction(next);
    return next;
}

/* Passes the call's result to an assembly statement of no instructions. */
static void use_result(struct unit *unit, LLVMValueRef call)
{
    LLVMValueRef value = call, statement;
    LLVMTypeRef type = LLVMTypeOf(call), function_type;
    bool is_float;

    LLVMPositionBuilderBefore(unit->builder, next_instruction(call));
    if (LLVMGetTypeKind(type) == LLVMStructTypeKind)
        value = LLVMBuildExtractValue(unit->builder, call, 0, "");
    type = LLVMTypeOf(value);
    is_float = LLVMGetTypeKind(type) != LLVMIntegerTypeKind && LLVMGetTypeKind(type) != LLVMPointerTypeKind;
    function_type = LLVMFunctionType(unit->void_type, &type, 1, false);
    statement =
        LLVMGetInlineAsm(function_type, "", 0, is_float ? "x" : "r", 1, true, false, LLVMInlineAsmDialectATT, false);
    LLVMInstructionSetDebugLoc(LLVMBuildCall2(unit->builder, function_type, statement, &value, 1, ""),
                               LLVMInstructionGetDebugLoc(call));
}

/* Only a function of this unit can turn out to do nothing but load. */
static bool is_droppable_call(LLVMValueRef instruction)
{
    LLVMValueRef callee;

    if ((!LLVMIsACallInst(instruction) && !LLVMIsAInvokeInst(instruction)) ||
        LLVMGetTypeKind(LLVMTypeOf(instruction)) == LLVMVoidTypeKind)
        return false;
    callee = LLVMIsAFunction(LLVMGetCalledValue(instruction));
    return callee && !LLVMIsDeclaration(callee);
}

/* Vectors are cut to what is used by passes in between, numbers by the code generator only. */
static bool is_kept_early(LLVMValueRef load)
{
    return LLVMGetTypeKind(LLVMTypeOf(load)) == LLVMVectorTypeKind && used_in_part(load);
}

/* What has no effect but its value. */
static bool is_pure(LLVMValueRef instruction)
{
    return LLVMIsABinaryOperator(instruction) || LLVMIsACastInst(instruction) || LLVMIsACmpInst(instruction) ||
           LLVMIsASelectInst(instruction) || LLVMIsAGetElementPtrInst(instruction) ||
           LLVMIsAExtractElementInst(instruction) || LLVMIsAInsertElementInst(instruction) ||
           LLVMIsAShuffleVectorInst(instruction);
}

/* Whether only what is behind its loop uses a value: the code is in LCSSA form, so such users are phis of one value.
 * Of such loads LLVM leaves the last one when it unrolls the loop. */
static bool leaves_loop(LLVMValueRef value, unsigned depth)
{
    for (LLVMUseRef use = LLVMGetFirstUse(value); use; use = LLVMGetNextUse(use)) {
        LLVMValueRef user = LLVMGetUser(use);
        bool is_exit = LLVMIsAPHINode(user) && LLVMCountIncoming(user) == 1;

        if (!is_exit && !(depth < MAX_DEPTH && is_pure(user) && leaves_loop(user, depth + 1)))
            return false;
    }
    return true;
}

static void keep_traps_in(struct unit *unit, LLVMBasicBlockRef block)
{
    for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i)) {
        bool is_used = LLVMGetFirstUse(i) != NULL;

        if (is_used && LLVMIsALoadInst(i))
            LLVMSetVolatile(i, is_kept_early(i) || leaves_loop(i, 0));
        else if (!is_used && is_droppable_call(i))
            use_result(unit, i);
    }
}

/* Puts a fence behind the load, through which the code generator does not see what is used. */
static void fence_load(struct unit *unit, LLVMValueRef load)
{
    LLVMTypeRef type = LLVMTypeOf(load);
    LLVMValueRef fence, undefined = LLVMGetUndef(type);

    LLVMPositionBuilderBefore(unit->builder, LLVMGetNextInstruction(load));
    fence = unit_call_intrinsic(unit, "llvm.arithmetic.fence", &type, 1, &undefined, 1);
    LLVMInstructionSetDebugLoc(fence, LLVMInstructionGetDebugLoc(load));
    LLVMReplaceAllUsesWith(load, fence);
    LLVMSetOperand(fence, 0, load);
}

static void keep_widths_in(struct unit *unit, LLVMBasicBlockRef block)
{
    for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i)) {
        if (LLVMIsALoadInst(i) && used_in_part(i))
            fence_load(unit, i);
        else if (LLVMIsAStoreInst(i) && used_for_update(i))
            LLVMSetVolatile(i, true);
    }
}

static void visit_blocks(struct unit *unit, void (*visit)(struct unit *unit, LLVMBasicBlockRef block))
{
    for (LLVMValueRef f = LLVMGetFirstFunction(unit->module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block; block = LLVMGetNextBasicBlock(block))
            visit(unit, block);
}

void keep_traps(struct unit *unit)
{
    visit_blocks(unit, keep_traps_in);
}

void keep_widths(struct unit *unit)
{
    visit_blocks(unit, keep_widths_in);
}
