/* constant.c: evaluate constant expressions. Imported globals are refused before (import.h), so that every global is
 * known here. */
#include "llvm/constant.h"

#include <string.h>

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

/* A global's initial value may be another global that comes before it, so this ends. */
LLVMValueRef constant_eval(struct unit *unit, struct wasm_expr expr)
{
    struct wasm_reader reader = {.module = unit->wasm->bytes, .offset = expr.offset, .end = expr.offset + expr.size};
    struct wasm_instr instr;
    struct err err = {0};

    for (;;) {
        wasm_read_instr(&reader, &instr, &err);
        if (instr.op != WASM_OP_GLOBAL_GET)
            break;
        expr = unit->wasm->globals[instr.index].init;
        reader.offset = expr.offset;
        reader.end = expr.offset + expr.size;
    }
    if (instr.op == WASM_OP_REF_NULL)
        return LLVMConstNull(unit->ptr);
    if (instr.op == WASM_OP_REF_FUNC)
        return unit_func_ref(unit, instr.index);
    return constant_value(unit, &instr);
}

uint32_t constant_eval_i32(struct unit *unit, struct wasm_expr expr)
{
    return (uint32_t)LLVMConstIntGetZExtValue(constant_eval(unit, expr));
}
