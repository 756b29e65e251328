#include "llvm/constant.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "llvm/symbols.h"

LLVMValueRef constant_value(struct unit *unit, const struct wasm_instr *instr)
{
    uint64_t lanes[2];

    switch (instr->op) {
    case WASM_OP_I32_CONST:
        return unit_i32(unit, (uint32_t)instr->i64);
    case WASM_OP_F32_CONST:
        return LLVMConstBitCast(unit_i32(unit, (uint32_t)instr->i64), unit->f32);
    case WASM_OP_F64_CONST:
        return LLVMConstBitCast(unit_i64(unit, (uint64_t)instr->i64), unit->f64);
    case WASM_OP_V128_CONST:
        memcpy(lanes, instr->bytes, sizeof(lanes));
        return LLVMConstVector((LLVMValueRef[]){unit_i64(unit, lanes[0]), unit_i64(unit, lanes[1])}, 2);
    default:
        return unit_i64(unit, (uint64_t)instr->i64);
    }
}

/* Extended constants: i64 instructions are those of i32 on more bits (core specification, section 3.4.13). */
static int64_t fold_number(enum wasm_op op, uint64_t left, uint64_t right)
{
    switch (op) {
    case WASM_OP_I32_ADD:
        return (int32_t)(left + right);
    case WASM_OP_I32_SUB:
        return (int32_t)(left - right);
    case WASM_OP_I32_MUL:
        return (int32_t)(left * right);
    case WASM_OP_I64_ADD:
        return (int64_t)(left + right);
    case WASM_OP_I64_SUB:
        return (int64_t)(left - right);
    default:
        return (int64_t)(left * right);
    }
}

struct wasm_instr constant_fold(const struct wasm_module *wasm, const struct wasm_instr *globals, struct wasm_expr expr)
{
    struct wasm_reader reader = wasm_expr_reader(wasm, expr);
    struct wasm_instr *stack = memory_alloc((expr.size + 1) * sizeof(*stack)), *top = stack, instr, value;
    struct err err = {0};

    while (wasm_read_instr(&reader, &instr, &err) == 0 && instr.op != WASM_OP_END) {
        if (instr.op == WASM_OP_GLOBAL_GET) {
            *top++ = globals[instr.index];
        } else if (wasm_op_info[instr.op].imm != WASM_IMM_NONE) {
            *top++ = instr;
        } else {
            top--;
            top[-1].i64 = fold_number(instr.op, (uint64_t)top[-1].i64, (uint64_t)top->i64);
        }
    }
    value = *stack;
    free(stack);
    return value;
}

LLVMValueRef constant_eval(struct unit *unit, struct wasm_expr expr)
{
    struct wasm_instr value = constant_fold(unit->wasm, unit->plan->global_values, expr);

    if (value.op == WASM_OP_REF_NULL)
        return LLVMConstNull(unit->ptr);
    if (value.op == WASM_OP_REF_FUNC)
        return unit_func_ref(unit, value.index);
    return constant_value(unit, &value);
}

uint64_t constant_eval_offset(struct unit *unit, struct wasm_expr expr)
{
    return LLVMConstIntGetZExtValue(constant_eval(unit, expr));
}
