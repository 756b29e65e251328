/* validate_stack.h: the two stacks of the validation algorithm, and errors; for validate_*.c only.
 *
 * What can fail returns 0, or -1 with the error set. */
#ifndef WASM_VALIDATE_STACK_H
#define WASM_VALIDATE_STACK_H

#include "wasm/validate.h"

/* One for each open block, the function's or the constant's own at the bottom. */
struct frame {
    struct wasm_block block;
    uint32_t height; /* of the operand stack where the block begins, its parameters excluded */
    uint32_t sets;   /* of validator.set_count, likewise */
    uint16_t op;     /* what began it: block, loop, if, else, try_table, try, catch, catch_all */
    bool unreachable;
};

/* A sequence of value types. It may lie in a frame: use it before the control stack grows. */
struct types {
    const wasm_valtype *items;
    uint32_t count;
};

/* Always -1. The message begins with the current instruction's name, and its place is that instruction. */
int validate_fail(struct validator *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `items`, perhaps moved, with room for `count`. */
void *validate_reserve(void *items, uint32_t *capacity, uint32_t count, size_t item_size);

/* The types of a function; and of a block: what it takes, what it leaves, and what a branch to the label at `depth`
 * takes along: to a loop's begin, to any other block's end. */
struct types types_params(const struct wasm_functype *type);
struct types types_results(const struct wasm_functype *type);
struct types types_start(const struct validator *v, const struct wasm_block *block);
struct types types_end(const struct validator *v, const struct wasm_block *block);
struct types types_label(const struct validator *v, uint32_t depth);

/* Operands. To pop is to check that they are there and fit; operand_pop_any takes a value of any type. In unreachable
 * code those that are not there come from nowhere and have any type: WASM_BOTTOM. */
int operand_push(struct validator *v, wasm_valtype type);
int operands_push(struct validator *v, struct types types);
int operand_pop(struct validator *v, wasm_valtype type);
int operands_pop(struct validator *v, struct types types);
int operand_pop_any(struct validator *v, wasm_valtype *type);

/* Pops a reference; *type is that of the same one known not to be null. */
int operand_pop_reference(struct validator *v, wasm_valtype *type);

/* Checks what operands_pop would pop, and stores in *present how many of them really are on the stack. */
int operands_check(struct validator *v, struct types types, uint32_t *present);

/* Whether the values of one sequence may be where the other is wanted. */
bool types_match(struct types found, struct types expected);

/* Blocks. control_set_unreachable says that what follows in the innermost one is never reached. */
struct frame *control_top(struct validator *v);
void control_push(struct validator *v, enum wasm_op op, struct wasm_block block);
void control_set_unreachable(struct validator *v);

/* Locals that have no default value: which ones have been set on every way to this place (section 3.4.7). */
bool local_is_set(const struct validator *v, uint32_t index);
void local_set(struct validator *v, uint32_t index);
void locals_forget(struct validator *v, uint32_t set_count);

/* The type of addresses in the memory or table that the current instruction names first. */
wasm_valtype validate_address_type(const struct validator *v);

/* Checks the current instruction's operands in the binary: indices, alignment, lanes (validate_immediate.c). */
int validate_immediate(struct validator *v);

/* Checks the current instruction, which is of control and has no signature (validate_control.c). */
int validate_control(struct validator *v);

#endif
