/* lower_table.c: tables and references (core specification, sections 4.4.6 and 4.4.2).
 *
 * A table is an array of pointers; a null reference is a null pointer. */
#include <mewz/abi.h>

#include "llvm/lower.h"
#include "llvm/symbols.h"

/* A table that no instruction grows has the size of its declaration. */
static LLVMValueRef load_size(struct lower *l, uint32_t table)
{
    if (!l->unit->plan->table_is_grown[table] && !l->unit->plan->table_is_shared[table])
        return unit_i32(l->unit, (uint32_t)l->wasm->tables[table].type.limits.min);
    return LLVMBuildLoad2(l->builder, l->unit->i32, unit_table_size(l->unit, table), "");
}

static bool is_64(const struct lower *l, uint32_t table)
{
    return l->wasm->tables[table].type.limits.is_64;
}

/* A size, or -1, as the instruction leaves it. */
static void push_size(struct lower *l, uint32_t table, LLVMValueRef size)
{
    stack_push(l, is_64(l, table) ? LLVMBuildSExt(l->builder, size, l->unit->i64, "") : size);
}

/* `array` has pointers; `index` is an i64. */
static LLVMValueRef element_at(struct lower *l, LLVMValueRef array, LLVMValueRef index)
{
    return LLVMBuildGEP2(l->builder, l->unit->ptr, array, &index, 1, "");
}

static LLVMValueRef build_byte_count(struct lower *l, LLVMValueRef count)
{
    return LLVMBuildMul(l->builder, count, unit_i64(l->unit, sizeof(void *)), "");
}

LLVMValueRef table_slot(struct lower *l, uint32_t table, LLVMValueRef index, unsigned kind)
{
    LLVMValueRef size = load_size(l, table);

    if (is_64(l, table))
        size = lower_widen(l, size);
    trap_if(l, LLVMBuildICmp(l->builder, LLVMIntUGE, index, size, ""), kind);
    return element_at(l, unit_table(l->unit, table), lower_widen(l, index));
}

/* Writes `value` into `count` elements from `start` on, which exist. Both are i64. */
static void build_fill(struct lower *l, uint32_t table, LLVMValueRef start, LLVMValueRef count, LLVMValueRef value)
{
    LLVMBasicBlockRef before = LLVMGetInsertBlock(l->builder);
    LLVMBasicBlockRef done = lower_new_block(l), loop = lower_new_block(l);
    LLVMValueRef zero = unit_i64(l->unit, 0), is_empty = LLVMBuildICmp(l->builder, LLVMIntEQ, count, zero, "");
    LLVMValueRef first = element_at(l, unit_table(l->unit, table), start), i, next;

    LLVMBuildCondBr(l->builder, is_empty, done, loop);
    LLVMPositionBuilderAtEnd(l->builder, loop);
    i = LLVMBuildPhi(l->builder, l->unit->i64, "");
    LLVMBuildStore(l->builder, value, element_at(l, first, i));
    next = LLVMBuildAdd(l->builder, i, unit_i64(l->unit, 1), "");
    LLVMAddIncoming(i, (LLVMValueRef[]){zero, next}, (LLVMBasicBlockRef[]){before, loop}, 2);
    LLVMBuildCondBr(l->builder, LLVMBuildICmp(l->builder, LLVMIntEQ, next, count, ""), done, loop);
    LLVMPositionBuilderAtEnd(l->builder, done);
}

void lower_table_get(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef slot = table_slot(l, instr->index, stack_pop(l), MEWZ_TRAP_TABLE);

    (void)argument;
    stack_push(l, LLVMBuildLoad2(l->builder, l->unit->ptr, slot, ""));
}

void lower_table_set(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef value = stack_pop(l);

    (void)argument;
    LLVMBuildStore(l->builder, value, table_slot(l, instr->index, stack_pop(l), MEWZ_TRAP_TABLE));
}

void lower_table_init(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    uint32_t elem = instr->index, table = instr->index2;
    LLVMValueRef count = lower_widen(l, stack_pop(l)), from = lower_widen(l, stack_pop(l));
    LLVMValueRef to = lower_widen(l, stack_pop(l)), source, target;
    LLVMValueRef elem_size = LLVMBuildLoad2(l->builder, l->unit->i32, unit_elem_size(l->unit, elem), "");

    (void)argument;
    trap_unless_inside(l, from, count, lower_widen(l, elem_size), MEWZ_TRAP_TABLE);
    trap_unless_inside(l, to, count, lower_widen(l, load_size(l, table)), MEWZ_TRAP_TABLE);
    source = element_at(l, unit_elem(l->unit, elem), from);
    target = element_at(l, unit_table(l->unit, table), to);
    lower_locate(l, LLVMBuildMemCpy(l->builder, target, 8, source, 8, build_byte_count(l, count)));
}

void lower_elem_drop(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    if (l->unit->plan->elem_is_used[instr->index])
        LLVMBuildStore(l->builder, unit_i32(l->unit, 0), unit_elem_size(l->unit, instr->index));
}

void lower_table_copy(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    uint32_t to_table = instr->index, from_table = instr->index2;
    LLVMValueRef count = lower_widen(l, stack_pop(l)), from = lower_widen(l, stack_pop(l));
    LLVMValueRef to = lower_widen(l, stack_pop(l)), source, target;

    (void)argument;
    trap_unless_inside(l, from, count, lower_widen(l, load_size(l, from_table)), MEWZ_TRAP_TABLE);
    trap_unless_inside(l, to, count, lower_widen(l, load_size(l, to_table)), MEWZ_TRAP_TABLE);
    source = element_at(l, unit_table(l->unit, from_table), from);
    target = element_at(l, unit_table(l->unit, to_table), to);
    lower_locate(l, LLVMBuildMemMove(l->builder, target, 8, source, 8, build_byte_count(l, count)));
}

static LLVMValueRef load_capacity(struct lower *l, uint32_t table)
{
    LLVMValueRef capacity = unit_i32(l->unit, unit_table_capacity(l->unit, table));

    if (!unit_owns_table(l->unit, table))
        capacity = LLVMBuildLoad2(l->builder, l->unit->i32, unit_table_member(l->unit, table, TABLE_CAPACITY), "");
    return lower_widen(l, capacity);
}

/* The room is fixed (symbols.c); beyond it the instruction fails, which the specification allows. */
void lower_table_grow(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef capacity = load_capacity(l, instr->index);
    LLVMValueRef delta = lower_widen(l, stack_pop(l)), value = stack_pop(l), old = load_size(l, instr->index);
    LLVMValueRef start = lower_widen(l, old), end = LLVMBuildAdd(l->builder, start, delta, ""), result;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(l->builder), grow = lower_new_block(l), done = lower_new_block(l);

    (void)argument;
    LLVMBuildCondBr(l->builder, LLVMBuildICmp(l->builder, LLVMIntULE, end, capacity, ""), grow, done);
    LLVMPositionBuilderAtEnd(l->builder, grow);
    build_fill(l, instr->index, start, delta, value);
    LLVMBuildStore(l->builder, LLVMBuildTrunc(l->builder, end, l->unit->i32, ""),
                   unit_table_size(l->unit, instr->index));
    grow = LLVMGetInsertBlock(l->builder);
    LLVMBuildBr(l->builder, done);
    LLVMPositionBuilderAtEnd(l->builder, done);
    result = LLVMBuildPhi(l->builder, l->unit->i32, "");
    LLVMAddIncoming(result, (LLVMValueRef[]){unit_i32(l->unit, UINT32_MAX), old}, (LLVMBasicBlockRef[]){before, grow},
                    2);
    push_size(l, instr->index, result);
}

void lower_table_size(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    push_size(l, instr->index, load_size(l, instr->index));
}

void lower_table_fill(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef count = lower_widen(l, stack_pop(l)), value = stack_pop(l), start = lower_widen(l, stack_pop(l));

    (void)argument;
    trap_unless_inside(l, start, count, lower_widen(l, load_size(l, instr->index)), MEWZ_TRAP_TABLE);
    build_fill(l, instr->index, start, count, value);
}

void lower_ref_null(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    stack_push(l, LLVMConstNull(l->unit->ptr));
}

void lower_ref_is_null(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef is_null = LLVMBuildIsNull(l->builder, stack_pop(l), "");

    (void)instr, (void)argument;
    stack_push(l, LLVMBuildZExt(l->builder, is_null, l->unit->i32, ""));
}

void lower_ref_func(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    stack_push(l, unit_func_ref(l->unit, instr->index));
}

void lower_ref_as_non_null(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef reference = stack_pop(l);

    (void)instr, (void)argument;
    trap_if(l, LLVMBuildIsNull(l->builder, reference, ""), MEWZ_TRAP_NULL_REFERENCE);
    stack_push(l, reference);
}
