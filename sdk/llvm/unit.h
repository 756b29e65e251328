/* unit.h: one LLVM module under construction: its types, and the attributes of its functions. symbols.h has the
 * symbols that its code refers to. */
#ifndef LLVM_UNIT_H
#define LLVM_UNIT_H

#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/TargetMachine.h>

#include "wasm/module.h"
#include "llvm/compile.h"
#include "llvm/plan.h"

/* All functions go here, so that they lie in the order of their indices (abi.h, struct mewz_code_func). */
#define UNIT_TEXT_SECTION ".text.wasm"

struct unit_symbols; /* symbols.c */

struct unit {
    const struct wasm_instance *instance;
    const struct wasm_module *wasm; /* the instance's */
    const struct plan *plan;
    const struct compile_options *options;
    uint32_t index;
    LLVMTargetMachineRef machine; /* the caller's */

    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;

    LLVMTypeRef i1, i8, i16, i32, i64, f32, f64, v128, ptr, void_type;
    LLVMTypeRef memory_type; /* struct mewz_memory */
    LLVMTypeRef table_type;  /* struct mewz_table */
    LLVMTypeRef func_type;   /* struct mewz_func */

    LLVMDIBuilderRef debug;
    LLVMMetadataRef debug_file;     /* the module */
    LLVMMetadataRef debug_type;     /* of every function: the line tables need one */
    LLVMMetadataRef *debug_sources; /* with -g: the files of plan->source; NULL until used */
    LLVMMetadataRef debug_unit, debug_macros;
    struct source_types *types; /* with -g, where the module's DWARF can be read (source_types.h) */

    struct unit_symbols *symbols;
};

/* Begins the unit `index` of the plan, with types and attributes but no functions; unit_fini frees all that LLVM has of
 * it. The instance, the plan and the options outlive it. */
void unit_init(struct unit *unit, const struct wasm_instance *instance, const struct plan *plan,
               const struct compile_options *options, uint32_t index, LLVMTargetMachineRef machine);
void unit_fini(struct unit *unit);

/* A wasm value's type. */
LLVMTypeRef unit_valtype(const struct unit *unit, wasm_valtype type);
LLVMTypeRef unit_letter_type(const struct unit *unit, char letter); /* of an opcode's signature (instr.h) */

/* A function type as LLVM has it: several results become a struct. */
LLVMTypeRef unit_functype(const struct unit *unit, const struct wasm_functype *type);

/* How the program's functions call one another, directly and by references: as C does; or, where a module has tail
 * calls, in LLVM's way that lets any function make way for any other. The system's functions are always called as C
 * does. */
unsigned unit_convention(const struct unit *unit);

/* Whether a function may return with another stack pointer than it was called with, as far as a handler sees: one that
 * made way for a function with other arguments on the stack. Frames are found by frame pointers then. */
bool unit_moves_stack(const struct unit *unit);

/* Whether results of a function of this type are all in registers. */
bool unit_results_fit(const struct unit *unit, const struct wasm_functype *type);

/* An integer constant of 32 or 64 bits. */
LLVMValueRef unit_i32(const struct unit *unit, uint32_t value);
LLVMValueRef unit_i64(const struct unit *unit, uint64_t value);

/* Gives a function that this unit defines the attributes that wasm code needs, and its section. */
void unit_define_func(struct unit *unit, LLVMValueRef function);

/* Whether calls of the function, which the unit declares or defines, never throw; false where it is not known. */
bool unit_cannot_throw(LLVMValueRef function);
void unit_say_cannot_throw(struct unit *unit, LLVMValueRef function);

/* Says of a function that it is called, not inlined. */
void unit_forbid_inlining(struct unit *unit, LLVMValueRef function);

/* Says of a function that passes leave it as it is, those on machine code too. */
void unit_forbid_optimising(struct unit *unit, LLVMValueRef function);

/* Says of a call that it never comes back, and that what leads to it is seldom run. */
void unit_mark_cold(struct unit *unit, LLVMValueRef call);

/* Says that what is loaded never changes. */
void unit_set_invariant(struct unit *unit, LLVMValueRef load);

/* Calls an LLVM intrinsic that is overloaded by `types`. */
LLVMValueRef unit_call_intrinsic(struct unit *unit, const char *name, LLVMTypeRef *types, unsigned type_count,
                                 LLVMValueRef *args, unsigned count);

/* The value itself, about which LLVM concludes nothing from how it was made. It costs no instruction. */
#define UNIT_FENCE "llvm.arithmetic.fence"
LLVMValueRef unit_build_fence(struct unit *unit, LLVMValueRef value);

/* The trap of this kind (abi.h): ends the current block. Returns the call, for its location. */
LLVMValueRef unit_build_trap(struct unit *unit, unsigned kind);

#endif
