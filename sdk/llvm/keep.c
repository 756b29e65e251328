/* keep.c: see keep.h. */
#include "llvm/keep.h"

/* Passes the call's result to an assembly statement of no instructions. */
static void use_result(struct unit *unit, LLVMValueRef call)
{
    LLVMValueRef value = call, statement;
    LLVMTypeRef type = LLVMTypeOf(call), function_type;
    bool is_float;

    LLVMPositionBuilderBefore(unit->builder, LLVMGetNextInstruction(call));
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

    if (!LLVMIsACallInst(instruction) || LLVMGetTypeKind(LLVMTypeOf(instruction)) == LLVMVoidTypeKind)
        return false;
    callee = LLVMIsAFunction(LLVMGetCalledValue(instruction));
    return callee && !LLVMIsDeclaration(callee);
}

static void keep_in_block(struct unit *unit, LLVMBasicBlockRef block)
{
    for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i)) {
        bool is_used = LLVMGetFirstUse(i) != NULL;

        if (is_used && LLVMIsALoadInst(i))
            LLVMSetVolatile(i, false);
        else if (!is_used && is_droppable_call(i))
            use_result(unit, i);
    }
}

void keep_traps(struct unit *unit)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(unit->module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block; block = LLVMGetNextBasicBlock(block))
            keep_in_block(unit, block);
}
