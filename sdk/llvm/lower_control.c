/* lower_control.c: blocks and branches (core specification, section 4.4.8).
 *
 * A label is a basic block with one phi for each value that a branch brings. It is made when the first branch needs
 * it, a loop's at once. */
#include <stdlib.h>
#include <string.h>

#include <mewz/abi.h>

#include "base/memory.h"
#include "llvm/lower.h"

const wasm_valtype *control_params(const struct lower *l, const struct control *control, uint32_t *count)
{
    const struct wasm_functype *type;

    *count = 0;
    if (control->kind == CONTROL_FUNC || control->type.type_index == WASM_BLOCK_INLINE)
        return NULL;
    type = &l->wasm->types[control->type.type_index];
    *count = type->param_count;
    return type->params;
}

const wasm_valtype *control_results(const struct lower *l, const struct control *control, uint32_t *count)
{
    const struct wasm_functype *type;

    if (control->type.type_index == WASM_BLOCK_INLINE) {
        *count = control->type.result ? 1 : 0;
        return &control->type.result;
    }
    type = &l->wasm->types[control->type.type_index];
    *count = type->result_count;
    return type->results;
}

static const wasm_valtype *label_types(const struct lower *l, const struct control *control, uint32_t *count)
{
    return control->kind == CONTROL_LOOP ? control_params(l, control, count) : control_results(l, control, count);
}

struct control *control_begin(struct lower *l, enum control_kind kind, struct wasm_block type)
{
    struct control *control;
    uint32_t param_count;

    if (l->control_count == l->control_capacity) {
        l->control_capacity = l->control_capacity ? 2 * l->control_capacity : 16;
        l->controls = memory_resize(l->controls, l->control_capacity * sizeof(*l->controls));
    }
    control = &l->controls[l->control_count++];
    *control = (struct control){.kind = kind, .type = type};
    if (l->control_count > 1)
        control->region = control[-1].region;
    control_params(l, control, &param_count);
    control->height = l->value_count - param_count;
    return control;
}

struct control *control_at(struct lower *l, uint32_t depth)
{
    return &l->controls[l->control_count - 1 - depth];
}

/* Makes the block that branches to the label go to. */
static void make_target(struct lower *l, struct control *control)
{
    LLVMBasicBlockRef back = LLVMGetInsertBlock(l->builder);
    uint32_t count;
    const wasm_valtype *types = label_types(l, control, &count);

    if (control->target)
        return;
    control->target = lower_new_block(l);
    control->phis = arena_array(&l->arena, count, sizeof(*control->phis));
    LLVMPositionBuilderAtEnd(l->builder, control->target);
    for (uint32_t i = 0; i < count; i++)
        control->phis[i] = LLVMBuildPhi(l->builder, unit_valtype(l->unit, types[i]), "");
    LLVMPositionBuilderAtEnd(l->builder, back);
}

LLVMBasicBlockRef control_enter(struct lower *l, struct control *control)
{
    LLVMBasicBlockRef from = LLVMGetInsertBlock(l->builder);
    uint32_t count;

    make_target(l, control);
    label_types(l, control, &count);
    for (uint32_t i = 0; i < count; i++)
        LLVMAddIncoming(control->phis[i], &l->values[l->value_count - count + i], &from, 1);
    return control->target;
}

static void push_values(struct lower *l, const LLVMValueRef *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        stack_push(l, values[i]);
}

/* Goes on at a label that branches may lead to. */
static void continue_at(struct lower *l, struct control *control)
{
    uint32_t count;

    label_types(l, control, &count);
    if (LLVMGetInsertBlock(l->builder) != control->target)
        LLVMMoveBasicBlockAfter(control->target, LLVMGetInsertBlock(l->builder));
    LLVMPositionBuilderAtEnd(l->builder, control->target);
    l->value_count = control->height;
    push_values(l, control->phis, count);
    l->is_dead = false;
}

void control_begin_func(struct lower *l)
{
    control_begin(l, CONTROL_FUNC, (struct wasm_block){.type_index = l->func->type})->height = 0;
}

static void build_return(struct lower *l, uint32_t count)
{
    LLVMValueRef *values = l->values + l->value_count - count;

    if (count == 0)
        LLVMBuildRetVoid(l->builder);
    else if (count == 1)
        LLVMBuildRet(l->builder, values[0]);
    else
        LLVMBuildAggregateRet(l->builder, values, count);
}

void lower_unreachable(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    trap_now(l, MEWZ_TRAP_UNREACHABLE);
}

void lower_nop(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)l, (void)instr, (void)argument;
}

void lower_block(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    control_begin(l, CONTROL_BLOCK, instr->block);
}

void lower_loop(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    struct control *control = control_begin(l, CONTROL_LOOP, instr->block);

    (void)argument;
    LLVMBuildBr(l->builder, control_enter(l, control));
    continue_at(l, control);
}

void lower_if(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef condition = LLVMBuildICmp(l->builder, LLVMIntNE, stack_pop(l), unit_i32(l->unit, 0), "");
    struct control *control = control_begin(l, CONTROL_IF, instr->block);
    LLVMBasicBlockRef then_block;
    uint32_t count;

    (void)argument;
    control_params(l, control, &count);
    control->else_params = arena_array(&l->arena, count, sizeof(LLVMValueRef));
    if (count > 0)
        memcpy(control->else_params, l->values + control->height, count * sizeof(LLVMValueRef));
    control->else_block = lower_new_block(l);
    then_block = lower_new_block(l);
    LLVMBuildCondBr(l->builder, condition, then_block, control->else_block);
    LLVMPositionBuilderAtEnd(l->builder, then_block);
}

/* Begins the other way of an `if`, where its parameters are as they were. */
static void begin_else(struct lower *l, struct control *control)
{
    uint32_t count;

    if (!l->is_dead)
        LLVMBuildBr(l->builder, control_enter(l, control));
    control_params(l, control, &count);
    LLVMMoveBasicBlockAfter(control->else_block, LLVMGetInsertBlock(l->builder));
    LLVMPositionBuilderAtEnd(l->builder, control->else_block);
    l->value_count = control->height;
    push_values(l, control->else_params, count);
    control->else_block = NULL;
    l->is_dead = false;
}

void lower_else(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    begin_else(l, control_at(l, 0));
}

/* An `if` without `else` has equal parameters and results: the missing way passes them on. Where there are none, and no
 * branch made a target yet, that way's block is the target, one less for each such `if`. */
static void end_if(struct lower *l, struct control *control)
{
    uint32_t count;

    control_results(l, control, &count);
    if (count > 0 || control->target) {
        begin_else(l, control);
        return;
    }
    control->target = control->else_block;
    control->else_block = NULL;
}

/* A loop's end is no label. */
void lower_end(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    struct control *control = control_at(l, 0);
    uint32_t count;

    (void)instr, (void)argument;
    if (control->else_block)
        end_if(l, control);
    if (control->own_region)
        exception_end_region(l, control->own_region);
    if (control->kind != CONTROL_LOOP && control->target) {
        if (!l->is_dead)
            LLVMBuildBr(l->builder, control_enter(l, control));
        continue_at(l, control);
    }
    if (control->kind == CONTROL_FUNC && !l->is_dead) {
        control_results(l, control, &count);
        build_return(l, count);
    }
    if (l->is_dead)
        l->value_count = control->height;
    l->control_count--;
}

void lower_br(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)argument;
    LLVMBuildBr(l->builder, control_enter(l, control_at(l, instr->index)));
    l->is_dead = true;
}

/* Branches if `condition` holds, with the values on the stack that the label takes. */
static void branch_if(struct lower *l, LLVMValueRef condition, uint32_t depth)
{
    LLVMBasicBlockRef target = control_enter(l, control_at(l, depth));
    LLVMBasicBlockRef next = lower_new_block(l);

    LLVMBuildCondBr(l->builder, condition, target, next);
    LLVMPositionBuilderAtEnd(l->builder, next);
}

void lower_br_if(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef condition = LLVMBuildICmp(l->builder, LLVMIntNE, stack_pop(l), unit_i32(l->unit, 0), "");

    (void)argument;
    branch_if(l, condition, instr->index);
}

void lower_br_on_null(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef reference = stack_pop(l);

    (void)argument;
    branch_if(l, LLVMBuildIsNull(l->builder, reference, ""), instr->index);
    stack_push(l, reference);
}

/* The label takes the reference too. */
void lower_br_on_non_null(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    LLVMValueRef reference = l->values[l->value_count - 1];

    (void)argument;
    branch_if(l, LLVMBuildIsNotNull(l->builder, reference, ""), instr->index);
    stack_pop(l);
}

/* Where a br_table goes for a label: a block on the way to it, one a label however often the table names it, so that
 * a phi has one entry for all of them. */
static LLVMBasicBlockRef table_edge(struct lower *l, uint32_t depth)
{
    struct control *control = control_at(l, depth);
    LLVMBasicBlockRef back = LLVMGetInsertBlock(l->builder);

    if (control->table_edge && control->table_offset == l->offset)
        return control->table_edge;
    control->table_edge = lower_new_block(l);
    control->table_offset = l->offset;
    LLVMPositionBuilderAtEnd(l->builder, control->table_edge);
    LLVMBuildBr(l->builder, control_enter(l, control));
    LLVMPositionBuilderAtEnd(l->builder, back);
    return control->table_edge;
}

void lower_br_table(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    uint32_t count = instr->br_table.count;
    struct wasm_reader reader = {.module = l->wasm->bytes, .offset = instr->br_table.labels_at, .end = l->wasm->size};
    LLVMBasicBlockRef *edges = memory_alloc(((size_t)count + 1) * sizeof(LLVMBasicBlockRef));
    LLVMValueRef index = stack_pop(l), switch_value;

    (void)argument;
    for (uint32_t i = 0; i <= count; i++)
        edges[i] = table_edge(l, wasm_read_label(&reader));
    switch_value = LLVMBuildSwitch(l->builder, index, edges[count], count);
    for (uint32_t i = 0; i < count; i++)
        if (edges[i] != edges[count])
            LLVMAddCase(switch_value, unit_i32(l->unit, i), edges[i]);
    free(edges);
    l->is_dead = true;
}

void lower_return(struct lower *l, const struct wasm_instr *instr, intptr_t argument)
{
    (void)instr, (void)argument;
    build_return(l, l->wasm->types[l->func->type].result_count);
    l->is_dead = true;
}
