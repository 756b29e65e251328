/* validate_control.c: the rules of instructions that leave the order of the code: blocks, exceptions, branches, calls.
 */
#include "wasm/validate_stack.h"

/* --- blocks --- */

/* Pops the innermost block's results, after which nothing may be left in it. */
static int pop_block_results(struct validator *v)
{
    const struct frame *frame = control_top(v);
    if (operands_pop(v, types_end(v, &frame->block)))
        return -1;
    if (v->operand_count != frame->height)
        return validate_fail(v, "type mismatch: %u more values on the stack than the block's type has",
                             v->operand_count - frame->height);
    locals_forget(v, frame->sets);
    return 0;
}

static int check_unreachable(struct validator *v)
{
    control_set_unreachable(v);
    return 0;
}

static int begin_block(struct validator *v)
{
    const struct wasm_block *block = &v->instr.block;
    validate_note_type(v->module, block->result);
    if (block->type_index != WASM_BLOCK_INLINE)
        v->module->features |= 1ull << WASM_FEATURE_MULTI_VALUE;
    if (operands_pop(v, types_start(v, block)))
        return -1;
    control_push(v, v->instr.op, *block);
    return operands_push(v, types_start(v, block));
}

static int check_if(struct validator *v)
{
    return operand_pop(v, WASM_I32) ? -1 : begin_block(v);
}

/* Turns the innermost block into its next part. */
static void change_block(struct validator *v)
{
    struct frame *frame = control_top(v);
    frame->op = (uint16_t)v->instr.op;
    frame->unreachable = false;
}

static int check_else(struct validator *v)
{
    if (control_top(v)->op != WASM_OP_IF)
        return validate_fail(v, "there is no if that it could belong to");
    if (pop_block_results(v))
        return -1;
    change_block(v);
    return operands_push(v, types_start(v, &control_top(v)->block));
}

static int check_end(struct validator *v)
{
    if (pop_block_results(v))
        return -1;
    const struct frame *frame = control_top(v);
    struct types start = types_start(v, &frame->block);
    struct types end = types_end(v, &frame->block);
    if (frame->op == WASM_OP_IF && !types_match(start, end))
        return validate_fail(v, "type mismatch: an if without else must leave what it takes");
    v->frame_count--;
    return operands_push(v, end);
}

/* --- exceptions --- */

static struct types tag_types(const struct validator *v, uint32_t tag)
{
    return types_params(&v->module->types[v->module->tags[tag].type]);
}

static int check_throw(struct validator *v)
{
    if (operands_pop(v, tag_types(v, v->instr.index)))
        return -1;
    control_set_unreachable(v);
    return 0;
}

static int check_throw_ref(struct validator *v)
{
    if (operand_pop(v, WASM_EXNREF))
        return -1;
    control_set_unreachable(v);
    return 0;
}

/* A clause takes to its label what the exception carries, and in the _REF kinds the exception itself (3.4.7.9). */
static int check_clause(struct validator *v, const struct wasm_catch *clause)
{
    static const wasm_valtype exception = WASM_MAKE_REF(WASM_REF_CODE, WASM_HEAP_EXN);
    struct types carried = clause->kind <= WASM_CATCH_REF ? tag_types(v, clause->tag) : (struct types){NULL, 0};
    struct types wanted = types_label(v, clause->label);
    bool has_ref = clause->kind == WASM_CATCH_REF || clause->kind == WASM_CATCH_ALL_REF;
    struct types values = {wanted.items, carried.count};
    if (wanted.count == carried.count + has_ref && types_match(carried, values) &&
        (!has_ref || wasm_type_matches(exception, wanted.items[carried.count])))
        return 0;
    return validate_fail(v, "type mismatch: label %u does not take what its clause catches", clause->label);
}

static int check_try_table(struct validator *v)
{
    struct wasm_reader clauses = v->reader;
    clauses.offset = v->instr.catches_at;
    for (uint32_t i = 0; i < v->instr.catch_count; i++) {
        struct wasm_catch clause = wasm_read_catch(&clauses);
        if (check_clause(v, &clause))
            return -1;
    }
    return begin_block(v);
}

static int end_try_part(struct validator *v)
{
    uint16_t op = control_top(v)->op;
    if (op != WASM_OP_TRY && op != WASM_OP_CATCH)
        return validate_fail(v, "there is no try that it could belong to");
    return pop_block_results(v);
}

static int check_catch(struct validator *v)
{
    if (end_try_part(v))
        return -1;
    change_block(v);
    return operands_push(v, tag_types(v, v->instr.index));
}

static int check_catch_all(struct validator *v)
{
    if (end_try_part(v))
        return -1;
    change_block(v);
    return 0;
}

static int check_rethrow(struct validator *v)
{
    uint16_t op = v->frames[v->frame_count - 1 - v->instr.index].op;
    if (op != WASM_OP_CATCH && op != WASM_OP_CATCH_ALL)
        return validate_fail(v, "invalid rethrow label %u: it is no catch block's", v->instr.index);
    control_set_unreachable(v);
    return 0;
}

static int check_delegate(struct validator *v)
{
    if (control_top(v)->op != WASM_OP_TRY)
        return validate_fail(v, "there is no try that it could belong to");
    return check_end(v);
}

/* --- branches and calls --- */

static int check_br(struct validator *v)
{
    if (operands_pop(v, types_label(v, v->instr.index)))
        return -1;
    control_set_unreachable(v);
    return 0;
}

static int check_br_if(struct validator *v)
{
    struct types types = types_label(v, v->instr.index);
    return operand_pop(v, WASM_I32) || operands_pop(v, types) ? -1 : operands_push(v, types);
}

/* All labels take as many values as the default one, which comes last, and those on the stack fit each of them. */
static int check_br_table(struct validator *v)
{
    if (operand_pop(v, WASM_I32))
        return -1;
    struct wasm_reader labels = v->reader;
    labels.offset = v->instr.br_table.labels_at;
    struct types checked = {NULL, 0};
    for (uint32_t i = 0; i <= v->instr.br_table.count; i++) {
        uint32_t label = wasm_read_label(&labels);
        if (label >= v->frame_count)
            return validate_fail(v, "unknown label %u", label);
        struct types types = types_label(v, label);
        uint32_t present;
        if (i > 0 && types.count != checked.count)
            return validate_fail(v, "type mismatch: label %u takes %u values, another one %u", label, types.count,
                                 checked.count);
        if (types.items != checked.items && operands_check(v, types, &present))
            return -1;
        checked = types;
    }
    control_set_unreachable(v);
    return 0;
}

static int check_return(struct validator *v)
{
    if (operands_pop(v, types_end(v, &v->frames[0].block)))
        return -1;
    control_set_unreachable(v);
    return 0;
}

static int check_call_type(struct validator *v, const struct wasm_functype *type)
{
    return operands_pop(v, types_params(type)) ? -1 : operands_push(v, types_results(type));
}

/* Leaves this function with the results of the other one. */
static int check_tail_call_type(struct validator *v, const struct wasm_functype *type)
{
    struct types results = types_end(v, &v->frames[0].block);
    if (!types_match(types_results(type), results))
        return validate_fail(v, "type mismatch: the function called has other results than this one");
    if (operands_pop(v, types_params(type)))
        return -1;
    control_set_unreachable(v);
    return 0;
}

static const struct wasm_functype *called_type(const struct validator *v)
{
    bool names_func = wasm_op_info[v->instr.op].imm == WASM_IMM_FUNC;
    return &v->module->types[names_func ? v->module->funcs[v->instr.index].type : v->instr.index];
}

static int check_call(struct validator *v)
{
    return check_call_type(v, called_type(v));
}

static int check_return_call(struct validator *v)
{
    return check_tail_call_type(v, called_type(v));
}

static int pop_table_index(struct validator *v)
{
    wasm_valtype element = v->module->tables[v->instr.index2].type.element;
    if (!wasm_type_matches(element, WASM_FUNCREF))
        return validate_fail(v, "type mismatch: table %u has elements of type %s, not funcref", v->instr.index2,
                             wasm_valtype_name(element).text);
    return operand_pop(v, validate_address_type(v));
}

static int check_call_indirect(struct validator *v)
{
    return pop_table_index(v) ? -1 : check_call(v);
}

static int check_return_call_indirect(struct validator *v)
{
    return pop_table_index(v) ? -1 : check_return_call(v);
}

static int pop_callee(struct validator *v)
{
    return operand_pop(v, WASM_MAKE_REF(WASM_REF_NULL_CODE, v->module->canonical[v->instr.index]));
}

static int check_call_ref(struct validator *v)
{
    return pop_callee(v) ? -1 : check_call(v);
}

static int check_return_call_ref(struct validator *v)
{
    return pop_callee(v) ? -1 : check_return_call(v);
}

static int check_br_on_null(struct validator *v)
{
    wasm_valtype type;
    struct types types = types_label(v, v->instr.index);
    return operand_pop_reference(v, &type) || operands_pop(v, types) || operands_push(v, types) ? -1
                                                                                                : operand_push(v, type);
}

/* The label takes the reference last, which is not left here. */
static int check_br_on_non_null(struct validator *v)
{
    wasm_valtype type;
    struct types types = types_label(v, v->instr.index);
    if (types.count == 0 || !wasm_is_ref(types.items[types.count - 1]))
        return validate_fail(v, "type mismatch: label %u takes no reference last", v->instr.index);
    if (operand_pop_reference(v, &type) || operand_push(v, type) || operands_pop(v, types))
        return -1;
    return operands_push(v, (struct types){types.items, types.count - 1});
}

/* --- the table --- */

static int (*const rules[WASM_OP_COUNT])(struct validator *) = {
    [WASM_OP_UNREACHABLE] = check_unreachable,
    [WASM_OP_BLOCK] = begin_block,
    [WASM_OP_LOOP] = begin_block,
    [WASM_OP_TRY] = begin_block,
    [WASM_OP_TRY_TABLE] = check_try_table,
    [WASM_OP_IF] = check_if,
    [WASM_OP_ELSE] = check_else,
    [WASM_OP_END] = check_end,
    [WASM_OP_BR] = check_br,
    [WASM_OP_BR_IF] = check_br_if,
    [WASM_OP_BR_TABLE] = check_br_table,
    [WASM_OP_RETURN] = check_return,
    [WASM_OP_CALL] = check_call,
    [WASM_OP_CALL_INDIRECT] = check_call_indirect,
    [WASM_OP_CALL_REF] = check_call_ref,
    [WASM_OP_RETURN_CALL] = check_return_call,
    [WASM_OP_RETURN_CALL_INDIRECT] = check_return_call_indirect,
    [WASM_OP_RETURN_CALL_REF] = check_return_call_ref,
    [WASM_OP_BR_ON_NULL] = check_br_on_null,
    [WASM_OP_BR_ON_NON_NULL] = check_br_on_non_null,
    [WASM_OP_THROW] = check_throw,
    [WASM_OP_THROW_REF] = check_throw_ref,
    [WASM_OP_CATCH] = check_catch,
    [WASM_OP_CATCH_ALL] = check_catch_all,
    [WASM_OP_RETHROW] = check_rethrow,
    [WASM_OP_DELEGATE] = check_delegate,
};

int validate_control(struct validator *v)
{
    return rules[v->instr.op](v);
}
