/* symbols.h: what the code of a unit refers to.
 *
 * The functions named unit_FOO return the LLVM value of the module's FOO number `index`; the first use declares it.
 * What an import stands for is the symbol of the instance that defines it. What several units or instances refer to is
 * hidden, the rest local. Names of symbols:
 *   wasm.INDEX.NAME            a function that the module defines; .NAME only where it has one
 *   wasm.ref.INDEX             a function's struct mewz_func, where its address is taken
 *   wasm.memory.INDEX          a struct mewz_memory
 *   wasm.table.INDEX           a table's elements, and with .record its struct mewz_table where instances share it
 *   wasm.global.INDEX, wasm.elem.INDEX, wasm.data.INDEX, and with .size the sizes of these and of tables
 *   wasm.tag.INDEX             a struct mewz_tag
 *   wasm.instantiate, wasm.code_map
 *   wasm.type.TEXT             a struct mewz_type, the same one in all objects of a program
 * In an instance that has a label they begin with wasm[LABEL]. but for the last one. */
#ifndef LLVM_SYMBOLS_H
#define LLVM_SYMBOLS_H

#include "base/buf.h"
#include "llvm/unit.h"

/* Room for what a unit declares of the module. */
struct unit_symbols *symbols_new(const struct wasm_module *wasm);
void symbols_free(struct unit_symbols *symbols);

LLVMValueRef unit_func(struct unit *unit, uint32_t index);
LLVMValueRef unit_func_ref(struct unit *unit, uint32_t index);
LLVMValueRef unit_global(struct unit *unit, uint32_t index);
LLVMValueRef unit_table(struct unit *unit, uint32_t index);         /* address of its elements, a `ptr` each */
LLVMValueRef unit_table_size(struct unit *unit, uint32_t index);    /* address of an i32 */
LLVMValueRef unit_elem(struct unit *unit, uint32_t index);          /* array of `ptr` */
LLVMValueRef unit_elem_size(struct unit *unit, uint32_t index);     /* i32 variable: 0 once dropped */
LLVMValueRef unit_data(struct unit *unit, uint32_t index);          /* bytes */
LLVMValueRef unit_data_size(struct unit *unit, uint32_t index);     /* i32 variable: 0 once dropped */
LLVMValueRef unit_memory(struct unit *unit);                        /* mewz_memory: byte 0 of linear memory 0 */
LLVMValueRef unit_memory_record(struct unit *unit, uint32_t index); /* struct mewz_memory */
LLVMValueRef unit_memory_record_of(struct unit *unit, const struct wasm_instance *instance, uint32_t index);
LLVMValueRef unit_table_record(struct unit *unit, uint32_t index); /* struct mewz_table, if the table is shared */
LLVMValueRef unit_type(struct unit *unit, uint32_t type_index);
LLVMValueRef unit_tag(struct unit *unit, uint32_t index); /* struct mewz_tag */

/* Whether the instance defines the memory or table, which may be an import that no other one provides. */
bool unit_owns_memory(const struct unit *unit, uint32_t index);
bool unit_owns_table(const struct unit *unit, uint32_t index);

/* The address of a memory's byte 0; of its size in pages. */
LLVMValueRef unit_memory_base(struct unit *unit, uint32_t index);
LLVMValueRef unit_memory_pages(struct unit *unit, uint32_t index);

/* The address of a member of a struct mewz_table. */
enum unit_table_member { TABLE_ELEMENTS, TABLE_SIZE, TABLE_CAPACITY };
LLVMValueRef unit_table_member(struct unit *unit, uint32_t index, enum unit_table_member member);

/* What an instance has once: "instantiate" is the symbol wasm.instantiate. */
LLVMValueRef unit_instance_symbol(struct unit *unit, const struct wasm_instance *instance, const char *name);

/* Writes the beginning of an instance's symbols, "wasm." or "wasm[LABEL].", then `name`, and a zero. */
void unit_write_symbol(const struct wasm_instance *instance, const char *name, struct buf *symbol);

/* What table.init and memory.init can read of a segment: nothing of an active one, which instantiation drops. */
uint32_t unit_elem_count(const struct unit *unit, uint32_t index);
uint32_t unit_data_count(const struct unit *unit, uint32_t index);

/* Elements that a table of the instance has room for. */
uint32_t unit_table_capacity(const struct unit *unit, uint32_t index);

/* A function of the contract that has this name (mewz_memory_grow). */
LLVMValueRef unit_contract_func(struct unit *unit, const char *name, LLVMTypeRef type);

/* Keeps a variable that nothing refers to, one a unit. */
void unit_keep(struct unit *unit, LLVMValueRef variable);

/* Defines a variable of the instance that the functions above declared. Other units and instances see it where there
 * are any. */
void unit_define_variable(struct unit *unit, LLVMValueRef variable, LLVMValueRef init);

/* A constant that only this unit sees. */
LLVMValueRef unit_private_constant(struct unit *unit, LLVMValueRef init);

#endif
