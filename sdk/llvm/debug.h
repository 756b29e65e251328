/* debug.h: debug information: where in the module, and in its source code, instructions come from.
 *
 * The code map is made from the line tables that LLVM writes (code_map.c). Without -g that is all there is: a line is
 * an offset in the wasm module. With -g it is a line of the source code, where that is known, and the offset is in the
 * discriminator beside it, which debuggers leave alone. */
#ifndef LLVM_DEBUG_H
#define LLVM_DEBUG_H

#include "llvm/unit.h"

/* Begins the unit's debug information, before its first function; and frees what is not LLVM's. */
void debug_init(struct unit *unit);
void debug_fini(struct unit *unit);

/* Completes it, behind the last function. */
void debug_finish(struct unit *unit);

/* Gives a function that the unit defines debug information; `name` is what it is called in the source code, or NULL;
 * `offset` its place in the wasm module. Returns the scope of locations. */
LLVMMetadataRef debug_describe_func(struct unit *unit, LLVMValueRef function, const char *name, uint32_t offset);

/* Says that an instruction, in a function of that scope, comes from that place in the wasm module. Calls need one lest
 * what is inlined there loses its own. */
void debug_locate(struct unit *unit, LLVMValueRef instruction, LLVMMetadataRef scope, uint32_t offset);

/* With -g: a debugger shows the local in `slot`, which the function of that scope has from `entry` on, as local0,
 * local1, ...; the first ones are parameters. */
void debug_declare_local(struct unit *unit, LLVMMetadataRef scope, LLVMBasicBlockRef entry, LLVMValueRef slot,
                         uint32_t index, bool is_param);

/* With -g: says that all instructions that are built from here on come from the source of that place. With locate_all
 * (compile.h): that they come from that place in the wasm module. */
void debug_enter(struct unit *unit, LLVMMetadataRef scope, uint32_t offset);
void debug_leave(struct unit *unit);

#endif
