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

bool constant_is_known(const struct wasm_instr *value)
{
    return value->op != WASM_OP_GLOBAL_GET;
}

/* The values below the top of the stack, and with them the result, are unknown where one of two operands is. */
static void fold_operation(struct wasm_instr *top, enum wasm_op op)
{
    if (!constant_is_known(&top[0]))
        return;
    if (constant_is_known(&top[1]))
        top[0].i64 = fold_number(op, (uint64_t)top[0].i64, (uint64_t)top[1].i64);
    else
        top[0] = top[1];
}

struct wasm_instr constant_fold(const struct wasm_module *wasm, const struct wasm_instr *globals, struct wasm_expr expr)
{
    struct wasm_reader reader = wasm_expr_reader(wasm, expr);
    struct wasm_instr *stack = memory_alloc((expr.size + 1) * sizeof(*stack)), *top = stack, instr, value;
    struct err err = {0};

    while (wasm_read_instr(&reader, &instr, &err) == 0 && instr.op != WASM_OP_END) {
        if (instr.op == WASM_OP_GLOBAL_GET)
            *top++ = globals[instr.index];
        else if (wasm_op_info[instr.op].imm != WASM_IMM_NONE)
            *top++ = instr;
        else
            fold_operation(--top - 1, instr.op);
    }
    value = *stack;
    free(stack);
    return value;
}

static LLVMValueRef build_value(struct unit *unit, const struct wasm_instr *value)
{
    switch (value->op) {
    case WASM_OP_REF_NULL:
        return LLVMConstNull(unit->ptr);
    case WASM_OP_REF_FUNC:
        return unit_func_ref(unit, value->index);
    case WASM_OP_GLOBAL_GET:
        return LLVMBuildLoad2(unit->builder, unit_valtype(unit, unit->wasm->globals[value->index].type.type),
                              unit_global(unit, value->index), "");
    default:
        return constant_value(unit, value);
    }
}

static LLVMValueRef build_operation(struct unit *unit, enum wasm_op op, LLVMValueRef left, LLVMValueRef right)
{
    switch (op) {
    case WASM_OP_I32_ADD:
    case WASM_OP_I64_ADD:
        return LLVMBuildAdd(unit->builder, left, right, "");
    case WASM_OP_I32_SUB:
    case WASM_OP_I64_SUB:
        return LLVMBuildSub(unit->builder, left, right, "");
    default:
        return LLVMBuildMul(unit->builder, left, right, "");
    }
}

LLVMValueRef constant_build(struct unit *unit, struct wasm_expr expr)
{
    struct wasm_reader reader = wasm_expr_reader(unit->wasm, expr);
    LLVMValueRef *stack = memory_alloc((expr.size + 1) * sizeof(LLVMValueRef)), *top = stack, value;
    struct wasm_instr instr;
    struct err err = {0};

    while (wasm_read_instr(&reader, &instr, &err) == 0 && instr.op != WASM_OP_END) {
        if (instr.op == WASM_OP_GLOBAL_GET) {
            *top++ = build_value(unit, &unit->plan->global_values[instr.index]);
        } else if (wasm_op_info[instr.op].imm != WASM_IMM_NONE) {
            *top++ = build_value(unit, &instr);
        } else {
            top--;
            top[-1] = build_operation(unit, instr.op, top[-1], *top);
        }
    }
    value = *stack;
    free(stack);
    return value;
}

LLVMValueRef constant_eval(struct unit *unit, struct wasm_expr expr)
{
    struct wasm_instr value = constant_fold(unit->wasm, unit->plan->global_values, expr);

    return constant_is_known(&value) ? build_value(unit, &value) : NULL;
}
