/* target.c: the CPU levels and the code model (abi.h says why: one object links at any address). */
#include "llvm/target.h"

#include <llvm-c/Core.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <pthread.h>
#include <string.h>

#include "llvm/fatal.h"

#define TARGET_TRIPLE "x86_64-unknown-none-elf"

static const struct level {
    const char *name;
    const char *cpu; /* LLVM's name */
} levels[] = {
    {"x86-64-v1", "x86-64"},    {"x86-64-v2", "x86-64-v2"}, {"x86-64-v3", "x86-64-v3"},
    {"x86-64-v4", "x86-64-v4"}, {"native", NULL},
};

/* What no pipeline says. Merging equal ends of blocks would leave one trap, or one call, for several places in the wasm
 * module. (LLVM 19 heeds `nomerge` only in its IR.) Moving a load into the one branch, or behind the loop, that uses
 * its value would lose its trap on the other ways: all passes that do are told not to. What they gain elsewhere is less
 * than can be measured (docs/semantics.md). The scheduler would note for each store a thousand loads before it: with a
 * quarter of that, real programs' code is the same to the byte. */
static const char *const llvm_options[] = {
    "mewz-cc",
    "-enable-tail-merge=false",
    "-instcombine-code-sinking=false",
    "-licm-mssa-max-acc-promotion=0",
    "-disable-machine-sink",
    "-disable-select-optimize",
    "-x86-cmov-converter-force-mem-operand=false",
    "-dag-maps-huge-region=250",
};

static void initialise(void)
{
    fatal_install();
    LLVMParseCommandLineOptions(sizeof(llvm_options) / sizeof(llvm_options[0]), llvm_options, NULL);
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
}

static const struct level *find_level(const char *name)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (strcmp(levels[i].name, name) == 0)
            return &levels[i];
    return NULL;
}

/* A level stands for all processors that have it, but LLVM tunes it for the first Intel one: a rotation by shld, which
 * takes AMD many steps, made SHA-256 a quarter slower. */
#define TUNING "-fast-shld-rotate"

static LLVMTargetMachineRef make_machine(LLVMTargetRef target, const char *cpu, const char *features, unsigned optimise)
{
    return LLVMCreateTargetMachine(target, TARGET_TRIPLE, cpu, features, (LLVMCodeGenOptLevel)optimise, LLVMRelocPIC,
                                   LLVMCodeModelSmall);
}

static LLVMTargetMachineRef make_native_machine(LLVMTargetRef target, unsigned optimise)
{
    char *cpu = LLVMGetHostCPUName();
    char *features = LLVMGetHostCPUFeatures();
    LLVMTargetMachineRef machine = make_machine(target, cpu, features, optimise);

    LLVMDisposeMessage(cpu);
    LLVMDisposeMessage(features);
    return machine;
}

LLVMTargetMachineRef target_machine_new(const struct compile_options *options, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const struct level *level = find_level(options->cpu);
    LLVMTargetRef target;
    LLVMTargetMachineRef machine;
    char *message;

    if (!level) {
        err_set(err, "unknown CPU level \"%s\": expected x86-64-v1, -v2, -v3, -v4 or native", options->cpu);
        return NULL;
    }
    pthread_once(&once, initialise);
    if (LLVMGetTargetFromTriple(TARGET_TRIPLE, &target, &message)) {
        err_set(err, "LLVM: %s", message);
        LLVMDisposeMessage(message);
        return NULL;
    }
    machine = level->cpu ? make_machine(target, level->cpu, TUNING, options->optimise)
                         : make_native_machine(target, options->optimise);
    if (!machine)
        err_set(err, "LLVM has no code generator for " TARGET_TRIPLE);
    return machine;
}

bool target_is_v2(const struct compile_options *options)
{
    return strcmp(options->cpu, "x86-64-v1") != 0;
}
