/* emit.c: verify, optimise, generate machine code. */
#include "llvm/emit.h"

#include <llvm-c/Analysis.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdio.h>

#include "base/buf.h"
#include "llvm/keep.h"

/* Simplifies just enough that what has no use then is what the program does not use (keep.h). */
#define EARLY_PASSES "function(sroa,early-cse,simplifycfg,adce)"

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

static int optimise(struct unit *unit, struct err *err)
{
    char passes[] = "default<O0>";

    passes[9] = (char)('0' + unit->options->optimise);
    if (unit->options->optimise > 0) {
        if (run_passes(unit, EARLY_PASSES, err) < 0)
            return -1;
        keep_traps(unit);
    }
    if (run_passes(unit, passes, err) < 0)
        return -1;
    keep_widths(unit);
    return 0;
}

static int generate(struct unit *unit, LLVMMemoryBufferRef *object, struct err *err)
{
    char *message = NULL;

    if (!LLVMTargetMachineEmitToMemoryBuffer(unit->machine, unit->module, LLVMObjectFile, &message, object))
        return err->set ? -1 : 0;
    err_set(err, "LLVM: %s", message);
    LLVMDisposeMessage(message);
    return -1;
}

int emit_unit(struct unit *unit, LLVMMemoryBufferRef *object, struct err *err)
{
    LLVMContextSetDiagnosticHandler(unit->context, handle_diagnostic, err);
    LLVMDIBuilderFinalize(unit->debug);
    if (verify(unit, err) < 0 || optimise(unit, err) < 0)
        return -1;
    return generate(unit, object, err);
}
