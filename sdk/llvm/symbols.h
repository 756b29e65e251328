/* symbols.h: what the code of a unit refers to.
 *
 * The functions named unit_FOO return the LLVM value of the module's FOO number `index`; the first use declares it.
 * What several units refer to is hidden, the rest local. Names of symbols:
 *   wasm.INDEX.NAME            a function that the module defines; .NAME only where it has one
 *   wasm.ref.INDEX             its struct mewz_func, where its address is taken
 *   wasm.global.INDEX, wasm.table.INDEX, wasm.elem.INDEX, wasm.data.INDEX, and with .size the sizes of the last three
 *   wasm.tag.INDEX             a struct mewz_tag
 *   wasm.memories              the array of struct mewz_memory
 *   wasm.type.TEXT             a struct mewz_type, the same one in all objects of a program */
#ifndef LLVM_SYMBOLS_H
#define LLVM_SYMBOLS_H

#include "llvm/unit.h"

struct unit_symbols *symbols_new(const struct wasm_module *wasm);
void symbols_free(struct unit_symbols *symbols);

LLVMValueRef unit_func(struct unit *unit, uint32_t index);
LLVMValueRef unit_func_ref(struct unit *unit, uint32_t index);
LLVMValueRef unit_global(struct unit *unit, uint32_t index);
LLVMValueRef unit_table(struct unit *unit, uint32_t index);      /* array of `ptr` */
LLVMValueRef unit_table_size(struct unit *unit, uint32_t index); /* i32 variable */
LLVMValueRef unit_elem(struct unit *unit, uint32_t index);       /* array of `ptr` */
LLVMValueRef unit_elem_size(struct unit *unit, uint32_t index);  /* i32 variable: 0 once dropped */
LLVMValueRef unit_data(struct unit *unit, uint32_t index);       /* bytes */
LLVMValueRef unit_data_size(struct unit *unit, uint32_t index);  /* i32 variable: 0 once dropped */
LLVMValueRef unit_memory(struct unit *unit);                     /* mewz_memory: byte 0 of linear memory 0 */
LLVMValueRef unit_memories(struct unit *unit);                   /* array of struct mewz_memory */
LLVMValueRef unit_type(struct unit *unit, uint32_t type_index);
LLVMValueRef unit_tag(struct unit *unit, uint32_t index); /* struct mewz_tag */

/* The address of a member of a memory's struct mewz_memory; and of the memory's byte 0. */
enum unit_memory_member { MEMORY_BASE, MEMORY_PAGES };
LLVMValueRef unit_memory_member(struct unit *unit, uint32_t index, enum unit_memory_member member);
LLVMValueRef unit_memory_base(struct unit *unit, uint32_t index);

/* What table.init and memory.init can read of a segment: nothing of an active one, which instantiation drops. */
uint32_t unit_elem_count(const struct unit *unit, uint32_t index);
uint32_t unit_data_count(const struct unit *unit, uint32_t index);

/* Elements that a table has room for. */
uint32_t unit_table_capacity(const struct unit *unit, uint32_t index);

/* A function of the contract that has this name (mewz_memory_grow). */
LLVMValueRef unit_contract_func(struct unit *unit, const char *name, LLVMTypeRef type);

/* Keeps a variable that nothing refers to, one a unit. */
void unit_keep(struct unit *unit, LLVMValueRef variable);

/* A constant that only this unit sees. */
LLVMValueRef unit_private_constant(struct unit *unit, LLVMValueRef init);

#endif
