/* lower.c: the run through a function's body, and what the handlers share. */
#include "llvm/lower.h"

#include <stdlib.h>

#include <mewz/abi.h>

#include "base/memory.h"
#include "llvm/debug.h"
#include "llvm/simd.h"
#include "llvm/symbols.h"
#include "llvm/variables.h"

struct lowering {
    void (*emit)(struct lower *l, const struct wasm_instr *instr, intptr_t argument);
    intptr_t argument; /* a number, or a pointer to a string */
    enum lower_shape shape;
};

#define ARGUMENTS(argument, shape, ...) (intptr_t)(argument), shape
static const struct lowering lowerings[WASM_OP_COUNT] = {
#define OP(name, text, prefix, code, immediate, signature, feature, access, lowering, ...)                             \
    [WASM_OP_##name] = {lower_##lowering, ARGUMENTS(__VA_ARGS__ __VA_OPT__(, ) 0, V128)},
#include "wasm/opcodes.def"
#undef OP
};

void stack_push(struct lower *l, LLVMValueRef value)
{
    if (l->value_count == l->value_capacity) {
        l->value_capacity *= 2;
        l->values = memory_resize(l->values, l->value_capacity * sizeof(*l->values));
    }
    if (LLVMGetTypeKind(LLVMTypeOf(value)) == LLVMVectorTypeKind)
        value = simd_cast(l, value, V128);
    l->values[l->value_count++] = value;
}

LLVMValueRef stack_pop(struct lower *l)
{
    LLVMValueRef value = l->values[--l->value_count];

    return LLVMTypeOf(value) == l->unit->v128 ? simd_cast(l, value, l->shape) : value;
}

void lower_locate(struct lower *l, LLVMValueRef instruction)
{
    debug_locate(l->unit, instruction, l->scope, l->offset);
}

LLVMBasicBlockRef lower_new_block(struct lower *l)
{
    LLVMBasicBlockRef block = LLVMAppendBasicBlockInContext(l->unit->context, l->function, "");

    LLVMMoveBasicBlockAfter(block, LLVMGetInsertBlock(l->builder));
    return block;
}

void trap_now(struct lower *l, unsigned kind)
{
    lower_locate(l, unit_build_trap(l->unit, kind));
    l->is_dead = true;
}

/* Blocks that end in a trap come last, out of the way of the code that runs. */
void trap_if(struct lower *l, LLVMValueRef condition, unsigned kind)
{
    LLVMBasicBlockRef trap = LLVMAppendBasicBlockInContext(l->unit->context, l->function, "");
    LLVMBasicBlockRef next = lower_new_block(l);

    LLVMBuildCondBr(l->builder, condition, trap, next);
    LLVMPositionBuilderAtEnd(l->builder, trap);
    lower_locate(l, unit_build_trap(l->unit, kind));
    LLVMPositionBuilderAtEnd(l->builder, next);
}

void trap_unless_inside(struct lower *l, LLVMValueRef start, LLVMValueRef count, LLVMValueRef size, unsigned kind)
{
    LLVMValueRef end = LLVMBuildAdd(l->builder, start, count, "");

    trap_if(l, LLVMBuildICmp(l->builder, LLVMIntUGT, end, size, ""), kind);
}

LLVMValueRef lower_widen(struct lower *l, LLVMValueRef value)
{
    LLVMTypeRef type = l->unit->i64;

    if (LLVMTypeOf(value) != type)
        return LLVMBuildZExt(l->builder, value, type, "");
    return unit_call_intrinsic(l->unit, "llvm.umin", &type, 1, (LLVMValueRef[]){value, unit_i64(l->unit, 1ull << 40)},
                               2);
}

static void list_locals(struct lower *l)
{
    const struct wasm_functype *type = &l->wasm->types[l->func->type];
    uint32_t index = 0;

    l->locals = arena_array(&l->arena, l->func->local_count, sizeof(*l->locals));
    l->local_types = arena_array(&l->arena, l->func->local_count, sizeof(*l->local_types));
    for (; index < type->param_count; index++)
        l->local_types[index] = type->params[index];
    for (uint32_t run = 0; run < l->func->local_run_count; run++)
        for (uint32_t i = 0; i < l->func->locals[run].count; i++)
            l->local_types[index++] = l->func->locals[run].type;
}

/* A local starts as its parameter, or as zero (core specification, section 4.4.10.1). It is made when it is first used:
 * a few bytes of module can declare thousands. */
LLVMValueRef lower_local(struct lower *l, uint32_t index)
{
    LLVMBasicBlockRef back = LLVMGetInsertBlock(l->builder);
    LLVMMetadataRef place = LLVMGetCurrentDebugLocation2(l->builder);
    LLVMTypeRef type = unit_valtype(l->unit, l->local_types[index]);
    bool is_param = index < LLVMCountParams(l->function);

    if (l->locals[index])
        return l->locals[index];
    LLVMPositionBuilderAtEnd(l->builder, l->entry);
    debug_leave(l->unit); /* it is no part of the line that uses it first */
    l->locals[index] = LLVMBuildAlloca(l->builder, type, "");
    LLVMBuildStore(l->builder, is_param ? LLVMGetParam(l->function, index) : LLVMConstNull(type), l->locals[index]);
    if (!l->variables)
        debug_declare_local(l->unit, l->scope, l->entry, l->locals[index], index, is_param);
    LLVMPositionBuilderAtEnd(l->builder, back);
    LLVMSetCurrentDebugLocation2(l->builder, place);
    return l->locals[index];
}

/* Instructions that cannot be reached have no meaning to lower, but their blocks must be counted. */
static bool skip_dead(struct lower *l, const struct wasm_instr *instr)
{
    if (l->dead_depth == 0 && (wasm_ends_block(instr->op) || wasm_begins_part(instr->op)))
        return false;
    if (wasm_begins_block(instr->op))
        l->dead_depth++;
    else if (wasm_ends_block(instr->op))
        l->dead_depth--;
    return true;
}

static int lower_body(struct lower *l)
{
    struct wasm_reader reader = wasm_expr_reader(l->wasm, l->func->body);
    struct wasm_instr instr;

    while (l->control_count > 0) {
        if (wasm_read_instr(&reader, &instr, l->err) < 0)
            return -1;
        l->offset = instr.offset;
        if (l->is_dead && skip_dead(l, &instr))
            continue;
        variables_reach(l, &instr);
        debug_enter(l->unit, l->scope, instr.offset);
        l->shape = lowerings[instr.op].shape;
        lowerings[instr.op].emit(l, &instr, lowerings[instr.op].argument);
        if (l->err->set)
            return -1;
    }
    return 0;
}

int lower_func(struct unit *unit, uint32_t index, struct err *err)
{
    const struct wasm_func *func = &unit->wasm->funcs[index];
    struct lower l = {.unit = unit, .wasm = unit->wasm, .builder = unit->builder, .func = func, .err = err};
    LLVMBasicBlockRef body;
    int result;

    l.value_capacity = 64;
    l.values = memory_alloc(l.value_capacity * sizeof(*l.values));
    l.function = unit_func(unit, index);
    unit_define_func(unit, l.function);
    if (unit->plan->funcs[index].ends_chain)
        unit_forbid_inlining(unit, l.function);
    l.scope = debug_describe_func(unit, l.function, func->name, func->body_offset);
    l.entry = LLVMAppendBasicBlockInContext(unit->context, l.function, "");
    body = LLVMAppendBasicBlockInContext(unit->context, l.function, "");
    LLVMPositionBuilderAtEnd(l.builder, body);
    list_locals(&l);
    control_begin_func(&l);
    l.variables = variables_read(&l);
    result = lower_body(&l);
    debug_leave(unit);
    exception_finish(&l);
    LLVMPositionBuilderAtEnd(l.builder, l.entry);
    LLVMBuildBr(l.builder, body);
    if (result < 0)
        err_prefix(err, "%s:0x%x: func %u%s%s%s", unit->wasm->file, l.offset, index, func->name ? " \"" : "",
                   func->name ? func->name : "", func->name ? "\"" : "");
    free(l.values);
    free(l.controls);
    arena_free(&l.arena);
    return result;
}
