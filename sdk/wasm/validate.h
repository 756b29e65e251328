/* validate.h: the validator: validate.c checks the module, validate_expr.c and validate_control.c its expressions. */
#ifndef WASM_VALIDATE_H
#define WASM_VALIDATE_H

#include "wasm/module.h"
#include "wasm/reader.h"

struct frame;

/* The state of the validation algorithm (section 7.5) for one expression at a time: an operand stack of types and a
 * control stack. Both are on the heap, so that depth costs memory in proportion to the input, and they are kept from
 * one expression to the next. Starts as zeroes with `module` and `err` set; the owner calls validator_free. */
struct validator {
    struct wasm_module *module;
    struct err *err;
    const struct wasm_func *func; /* whose body this is; NULL for a constant expression */
    uint32_t visible_globals;     /* a constant expression sees the first ones only */
    struct wasm_reader reader;
    struct wasm_instr instr;
    wasm_valtype *operands;
    uint32_t operand_count, operand_capacity;
    struct frame *frames;
    uint32_t frame_count, frame_capacity;
    uint32_t *run_ends; /* for each run of the function's locals: the index of the local behind it */
    uint32_t run_capacity;
    uint32_t *set_in; /* for each local: body_count of the body in which it has a value here, where it has no default */
    uint32_t set_in_capacity;
    uint32_t body_count;
    uint32_t *sets; /* such locals in the order in which they were set: blocks forget theirs at the end */
    uint32_t set_count, set_capacity;
};

void validator_free(struct validator *v);

/* Check one function's body; and a constant expression that must leave one value of `type`. On failure the message
 * names no place: that is v->reader.offset. */
int validate_body(struct validator *v, const struct wasm_func *func);
int validate_constant(struct validator *v, const struct wasm_expr *expr, wasm_valtype type);

/* Adds to the module's features what the use of a type brings. */
void validate_note_type(struct wasm_module *module, wasm_valtype type);

#endif
