/* emit.c: verify, optimise, generate machine code. */
#include "llvm/emit.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdio.h>

#include "base/file.h"
#include "llvm/debug.h"
#include "llvm/debug_object.h"
#include "llvm/identity.h"
#include "llvm/keep.h"
#include "llvm/prefetch.h"

/* What a compiler has optimised needs no second run of everything: these passes, which fold what the lowering brought
 * (locals in slots, checks, linear memory's addresses), give code as fast as default<O2> does in half of the time.
 * Joining scalars to vectors (slp-vectorizer) took a tenth of it, and made a loop of indirect calls 1.6 times
 * slower. */
#define COMBINE "instcombine<max-iterations=1;no-verify-fixpoint>"

#define FUNCTION_PASSES                                                                                                \
    "sroa,early-cse<memssa>,simplifycfg," COMBINE ",correlated-propagation,simplifycfg,"                               \
    "loop-mssa(loop-rotate,licm),gvn,dse," COMBINE ",simplifycfg"
#define LATE_PASSES "loop-mssa(licm),simplifycfg<switch-to-lookup;hoist-common-insts;sink-common-insts>"

/* What -O3 adds: ways through branches that are known, loops that are unrolled whole or have their conditions outside.
 * default<O3> would also delete loops that only load, with the traps of their loads. */
#define EAGER_PASSES                                                                                                   \
    "jump-threading,correlated-propagation,simplifycfg,aggressive-instcombine,reassociate,"                            \
    "loop-mssa(loop-rotate,licm,simple-loop-unswitch<nontrivial;trivial>),simplifycfg," COMBINE ","                    \
    "loop(indvars,loop-unroll-full),sroa,gvn,sccp,bdce," COMBINE ",jump-threading,correlated-propagation,dse,"         \
    "loop-mssa(licm),simplifycfg," COMBINE

/* By options->optimise: the passes that find constants, those that make vectors, and those that unroll and tidy up.
 * What nobody calls goes first: cgscc does not come to it, and the passes behind it would walk all uses of a local
 * again and again. Where loads have anchors, keep_traps asks for adce at the end. */
static const struct pipeline {
    const char *constants, *vectors, *last;
} pipelines[] = {
    {.constants = "default<O0>"},
    {.constants = "globaldce,function<eager-inv>(" FUNCTION_PASSES ")",
     .last = "function<eager-inv>(" LATE_PASSES ",adce),globaldce"},
    {.constants = "globaldce,cgscc(inline,function<eager-inv>(" FUNCTION_PASSES "))",
     .vectors = "function(loop-vectorize," COMBINE ")",
     .last = "function(loop-unroll<O2>," LATE_PASSES ",adce),globaldce"},
    {.constants = "globaldce,cgscc(inline,function<eager-inv>(" FUNCTION_PASSES "," EAGER_PASSES "))",
     .vectors = "function(loop-vectorize," COMBINE ",slp-vectorizer,vector-combine," COMBINE ")",
     .last = "function(loop-unroll<O3>," LATE_PASSES ",adce),globaldce"},
};

/* LLVM's own handler would print, and end the process on errors. */
static void handle_diagnostic(LLVMDiagnosticInfoRef info, void *data)
{
    char *text;

    if (LLVMGetDiagInfoSeverity(info) != LLVMDSError)
        return;
    text = LLVMGetDiagInfoDescription(info);
    err_set(data, "LLVM: %s", text);
    LLVMDisposeMessage(text);
}

static int verify(struct unit *unit, struct err *err)
{
    char *message = NULL;
    int result = 0;

    if (LLVMVerifyModule(unit->module, LLVMReturnStatusAction, &message))
        result = err_set(err, "LLVM: %s", message);
    LLVMDisposeMessage(message);
    return result;
}

static int run_passes(struct unit *unit, const char *passes, struct err *err)
{
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error = LLVMRunPasses(unit->module, passes, unit->machine, options);
    char *message;

    LLVMDisposePassBuilderOptions(options);
    if (!error)
        return 0;
    message = LLVMGetErrorMessage(error);
    err_set(err, "LLVM: %s", message);
    LLVMDisposeErrorMessage(message);
    return -1;
}

/* No exception arrives that nobody takes (lower_exception.c). What still says `resume` after inlining is never run. */
static int drop_resumes(struct unit *unit, struct err *err)
{
    bool any = false;

    for (LLVMValueRef f = LLVMGetFirstFunction(unit->module); f; f = LLVMGetNextFunction(f))
        for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block; block = LLVMGetNextBasicBlock(block)) {
            LLVMValueRef end = LLVMGetBasicBlockTerminator(block);

            if (!LLVMIsAResumeInst(end))
                continue;
            LLVMPositionBuilderBefore(unit->builder, end);
            LLVMBuildUnreachable(unit->builder);
            LLVMInstructionEraseFromParent(end);
            any = true;
        }
    return any ? run_passes(unit, "function(simplifycfg)", err) : 0;
}

/* The scheduler of machine code takes time with the square of a block's length. CPython's longest one has 5,930
 * instructions. */
#define LONG_BLOCK 6144u

static bool has_long_block(LLVMValueRef function)
{
    for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(function); block; block = LLVMGetNextBasicBlock(block)) {
        unsigned left = LONG_BLOCK;

        for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i))
            if (left-- == 0)
                return true;
    }
    return false;
}

static void spare_long_blocks(struct unit *unit)
{
    for (LLVMValueRef f = LLVMGetFirstFunction(unit->module); f; f = LLVMGetNextFunction(f))
        if (has_long_block(f))
            unit_forbid_optimising(unit, f);
}

static int optimise(struct unit *unit, struct err *err)
{
    const struct pipeline *pipeline = &pipelines[unit->options->optimise];

    if (unit->index == unit->plan->unit_count) /* the code map, which is data only */
        return 0;
    identity_hide(unit);
    if (run_passes(unit, pipeline->constants, err) < 0)
        return -1;
    identity_show(unit);
    if (pipeline->vectors && run_passes(unit, pipeline->vectors, err) < 0)
        return -1;
    identity_hide_counters(unit);
    if (pipeline->last && run_passes(unit, pipeline->last, err) < 0)
        return -1;
    keep_traps(unit);
    if (unit->options->optimise >= 2)
        prefetch_delayed(unit);
    keep_widths(unit);
    if (unit->plan->can_throw && drop_resumes(unit, err) < 0)
        return -1;
    spare_long_blocks(unit); /* last: no pass touches those functions any more */
    return 0;
}

static int write_object(struct unit *unit, LLVMMemoryBufferRef object, const char *path, struct err *err)
{
    const char *bytes = LLVMGetBufferStart(object);
    size_t size = LLVMGetBufferSize(object);
    struct buf complete = {0};
    int result;

    if (!unit->types)
        return file_write(path, bytes, size, err);
    result = debug_object_complete((const uint8_t *)bytes, size, &complete, path, err);
    if (result == 0)
        result = file_write(path, complete.data, complete.size, err);
    buf_free(&complete);
    return result;
}

/* Through memory: where the disk is full, LLVM's own output would end the process. */
static int generate(struct unit *unit, const char *path, struct err *err)
{
    LLVMMemoryBufferRef object;
    char *message = NULL;
    int result;

    if (LLVMTargetMachineEmitToMemoryBuffer(unit->machine, unit->module, LLVMObjectFile, &message, &object)) {
        err_set(err, "LLVM: %s", message);
        LLVMDisposeMessage(message);
        return -1;
    }
    result = err->set ? -1 : write_object(unit, object, path, err);
    LLVMDisposeMemoryBuffer(object);
    return result;
}

int emit_unit(struct unit *unit, const char *path, struct err *err)
{
    LLVMContextSetDiagnosticHandler(unit->context, handle_diagnostic, err);
    debug_finish(unit);
    if (verify(unit, err) < 0 || optimise(unit, err) < 0)
        return -1;
    return generate(unit, path, err);
}
