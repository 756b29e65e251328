/* keep.c: see keep.h. */
#include "llvm/keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "llvm/used.h"

#define ANCHOR     "llvm.assume"
#define ANCHOR_TAG "noundef"

/* Values that nobody uses any more. */
struct unused {
    LLVMValueRef *values;
    size_t count, capacity;
};

static void push_unused(struct unused *unused, LLVMValueRef value)
{
    if (unused->count == unused->capacity) {
        unused->capacity = unused->capacity ? 2 * unused->capacity : 64;
        unused->values = memory_resize(unused->values, unused->capacity * sizeof(*unused->values));
    }
    unused->values[unused->count++] = value;
}

/* An assumption that is always true: that the value is defined. Passes keep it; code generation would drop it. */
void keep_anchor_load(struct unit *unit, LLVMValueRef load)
{
    LLVMOperandBundleRef bundle = LLVMCreateOperandBundle(ANCHOR_TAG, sizeof(ANCHOR_TAG) - 1, &load, 1);
    LLVMValueRef truth = LLVMConstInt(unit->i1, 1, false);
    unsigned id = LLVMLookupIntrinsicID(ANCHOR, sizeof(ANCHOR) - 1);
    LLVMValueRef assume = LLVMGetIntrinsicDeclaration(unit->module, id, NULL, 0);

    LLVMBuildCallWithOperandBundles(unit->builder, LLVMGlobalGetValueType(assume), assume, &truth, 1, &bundle, 1, "");
    LLVMDisposeOperandBundle(bundle);
}

static bool is_anchor(LLVMValueRef instruction)
{
    LLVMValueRef callee = LLVMIsACallInst(instruction) ? LLVMIsAFunction(LLVMGetCalledValue(instruction)) : NULL;
    size_t length;

    return callee && strcmp(LLVMGetValueName2(callee, &length), ANCHOR) == 0;
}

/* A call of an intrinsic that neither reads nor writes memory, as all with an effect do in LLVM's terms. */
static bool is_pure_call(LLVMValueRef value)
{
    LLVMValueRef callee = LLVMIsACallInst(value) ? LLVMIsAFunction(LLVMGetCalledValue(value)) : NULL;
    unsigned kind = LLVMGetEnumAttributeKindForName("memory", 6);
    LLVMAttributeRef memory;

    if (!callee || !LLVMGetIntrinsicID(callee))
        return false;
    memory = LLVMGetEnumAttributeAtIndex(callee, LLVMAttributeFunctionIndex, kind);
    return memory && LLVMGetEnumAttributeValue(memory) == 0;
}

/* What has no effect but its value. */
static bool is_pure(LLVMValueRef value)
{
    return is_pure_call(value) || LLVMIsABinaryOperator(value) || LLVMIsAUnaryOperator(value) ||
           LLVMIsACastInst(value) || LLVMIsACmpInst(value) || LLVMIsASelectInst(value) ||
           LLVMIsAGetElementPtrInst(value) || LLVMIsAExtractElementInst(value) || LLVMIsAInsertElementInst(value) ||
           LLVMIsAShuffleVectorInst(value) || LLVMIsAExtractValueInst(value) || LLVMIsAFreezeInst(value) ||
           LLVMIsAPHINode(value);
}

/* Erases the instruction. Each operand becomes unused once at most, when its last use goes. */
static void erase(struct unused *unused, LLVMValueRef instruction)
{
    for (int i = 0, count = LLVMGetNumOperands(instruction); i < count; i++) {
        LLVMValueRef operand = LLVMGetOperand(instruction, (unsigned)i);

        if (!LLVMIsAInstruction(operand))
            continue;
        LLVMSetOperand(instruction, (unsigned)i, LLVMGetUndef(LLVMTypeOf(operand)));
        if (!LLVMGetFirstUse(operand))
            push_unused(unused, operand);
    }
    LLVMInstructionEraseFromParent(instruction);
}

static void erase_anchors_in(struct unused *unused, LLVMBasicBlockRef block)
{
    LLVMValueRef next;

    for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = next) {
        next = LLVMGetNextInstruction(i);
        if (is_anchor(i))
            erase(unused, i);
    }
}

/* Of what only anchors used: pure values go, and the loads behind them stay. */
static void settle(struct unused *unused)
{
    while (unused->count > 0) {
        LLVMValueRef value = unused->values[--unused->count];

        if (LLVMIsALoadInst(value))
            LLVMSetVolatile(value, true);
        else if (is_pure(value))
            erase(unused, value);
    }
}

void keep_traps(struct unit *unit)
{
    struct unused unused = {0};

    for (LLVMValueRef f = LLVMGetFirstFunction(unit->module); f; f = LLVMGetNextFunction(f)) {
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block; block = LLVMGetNextBasicBlock(block))
            erase_anchors_in(&unused, block);
        settle(&unused);
    }
    free(unused.values);
}

/* Puts a fence behind the load, through which the code generator does not see what is used. */
static void fence_load(struct unit *unit, LLVMValueRef load)
{
    LLVMValueRef fence;

    LLVMPositionBuilderBefore(unit->builder, LLVMGetNextInstruction(load));
    fence = unit_build_fence(unit, LLVMGetUndef(LLVMTypeOf(load)));
    LLVMInstructionSetDebugLoc(fence, LLVMInstructionGetDebugLoc(load));
    LLVMReplaceAllUsesWith(load, fence);
    LLVMSetOperand(fence, 0, load);
}

static void keep_widths_in(struct unit *unit, LLVMBasicBlockRef block)
{
    for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i)) {
        if (LLVMIsALoadInst(i) && used_nowhere(i))
            LLVMSetVolatile(i, true);
        else if (LLVMIsALoadInst(i) && used_in_part(i))
            fence_load(unit, i);
        else if (LLVMIsAStoreInst(i) && used_for_update(i))
            LLVMSetVolatile(i, true);
    }
}

void keep_widths(struct unit *unit)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(unit->module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block; block = LLVMGetNextBasicBlock(block))
            keep_widths_in(unit, block);
}
