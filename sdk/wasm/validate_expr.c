/* validate_expr.c: expressions: the validation algorithm of the specification's appendix (section 7.5).
 *
 * An instruction with a signature in opcodes.def is checked by that; each other one has a rule here, in the table at
 * the end. Work is in proportion to the bytes read: a type of a thousand values is pushed and compared as one run of
 * memory, and what unreachable code pops from nowhere costs nothing. */
#include <stdlib.h>
#include <string.h>

#include "wasm/validate_stack.h"

static wasm_valtype letter_type(char letter)
{
    switch (letter) {
    case 'i':
        return WASM_I32;
    case 'I':
        return WASM_I64;
    case 'f':
        return WASM_F32;
    case 'F':
        return WASM_F64;
    default:
        return WASM_V128;
    }
}

/* "ii:i": operands, a colon, results. */
static int check_signature(struct validator *v, const char *signature)
{
    const char *colon = strchr(signature, ':');
    for (const char *letter = colon; letter > signature; letter--) {
        if (operand_pop(v, letter_type(letter[-1])))
            return -1;
    }
    for (const char *letter = colon + 1; *letter; letter++) {
        if (operand_push(v, letter_type(*letter)))
            return -1;
    }
    return 0;
}

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
    return 0;
}

static int check_unreachable(struct validator *v)
{
    control_set_unreachable(v);
    return 0;
}

static int check_block(struct validator *v)
{
    const struct wasm_block *block = &v->instr.block;
    validate_note_type(v->module, block->result);
    if (block->type_index != WASM_BLOCK_INLINE)
        v->module->features |= 1ull << WASM_FEATURE_MULTI_VALUE;
    if ((v->instr.op == WASM_OP_IF && operand_pop(v, WASM_I32)) || operands_pop(v, types_start(v, block)))
        return -1;
    control_push(v, v->instr.op, *block);
    return operands_push(v, types_start(v, block));
}

static int check_else(struct validator *v)
{
    if (control_top(v)->op != WASM_OP_IF)
        return validate_fail(v, "there is no if that it could belong to");
    if (pop_block_results(v))
        return -1;
    struct frame *frame = control_top(v);
    frame->op = WASM_OP_ELSE;
    frame->unreachable = false;
    return operands_push(v, types_start(v, &frame->block));
}

static int check_end(struct validator *v)
{
    if (pop_block_results(v))
        return -1;
    const struct frame *frame = control_top(v);
    struct types start = types_start(v, &frame->block);
    struct types end = types_end(v, &frame->block);
    if (frame->op == WASM_OP_IF &&
        (start.count != end.count || (end.count && memcmp(start.items, end.items, end.count * sizeof *end.items))))
        return validate_fail(v, "type mismatch: an if without else must leave what it takes");
    v->frame_count--;
    return operands_push(v, end);
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

static int check_call(struct validator *v)
{
    return check_call_type(v, &v->module->types[v->module->funcs[v->instr.index].type]);
}

static int check_call_indirect(struct validator *v)
{
    wasm_valtype element = v->module->tables[v->instr.index2].type.element;
    if (element != WASM_FUNCREF)
        return validate_fail(v, "type mismatch: table %u has elements of type %s, not funcref", v->instr.index2,
                             wasm_valtype_name(element));
    return operand_pop(v, WASM_I32) ? -1 : check_call_type(v, &v->module->types[v->instr.index]);
}

/* --- values, locals, globals --- */

static int check_drop(struct validator *v)
{
    wasm_valtype type;
    return operand_pop_any(v, &type);
}

static int check_select(struct validator *v)
{
    wasm_valtype a, b;
    if (operand_pop(v, WASM_I32) || operand_pop_any(v, &a) || operand_pop_any(v, &b))
        return -1;
    if (wasm_is_ref(a) || wasm_is_ref(b))
        return validate_fail(v, "type mismatch: references need the form that names their type");
    if (!operand_matches(a, b))
        return validate_fail(v, "type mismatch: %s and %s", wasm_valtype_name(b), wasm_valtype_name(a));
    return operand_push(v, a == WASM_BOTTOM ? b : a);
}

static int check_select_t(struct validator *v)
{
    wasm_valtype type = v->instr.type;
    validate_note_type(v->module, type);
    return operand_pop(v, WASM_I32) || operand_pop(v, type) || operand_pop(v, type) ? -1 : operand_push(v, type);
}

/* Locals are runs of one type; the parameters come first and are not copied, since a module may have many functions
 * of a type with many of them. */
static wasm_valtype local_type(const struct validator *v, uint32_t index)
{
    const struct wasm_functype *type = &v->module->types[v->func->type];
    if (index < type->param_count)
        return type->params[index];
    uint32_t low = 0, high = v->func->local_run_count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (index < v->run_ends[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return v->func->locals[low].type;
}

static int check_local_get(struct validator *v)
{
    return operand_push(v, local_type(v, v->instr.index));
}

static int check_local_set(struct validator *v)
{
    return operand_pop(v, local_type(v, v->instr.index));
}

static int check_local_tee(struct validator *v)
{
    wasm_valtype type = local_type(v, v->instr.index);
    return operand_pop(v, type) ? -1 : operand_push(v, type);
}

/* In constant expressions only imported immutable globals are in sight (3.3.8.2, 3.4.10). */
static int check_global_get(struct validator *v)
{
    const struct wasm_module *m = v->module;
    uint32_t index = v->instr.index;
    if (!v->func && index >= m->imported_global_count)
        return validate_fail(v, "unknown global %u: a constant expression sees only imported ones", index);
    if (!v->func && m->globals[index].type.is_mutable)
        return validate_fail(v, "constant expression required: global %u is mutable", index);
    return operand_push(v, m->globals[index].type.type);
}

static int check_global_set(struct validator *v)
{
    const struct wasm_globaltype *type = &v->module->globals[v->instr.index].type;
    if (!type->is_mutable)
        return validate_fail(v, "global is immutable: %u", v->instr.index);
    return operand_pop(v, type->type);
}

/* --- references and tables --- */

static int check_ref_null(struct validator *v)
{
    return operand_push(v, v->instr.type);
}

static int check_ref_is_null(struct validator *v)
{
    wasm_valtype type;
    if (operand_pop_any(v, &type))
        return -1;
    if (type != WASM_BOTTOM && !wasm_is_ref(type))
        return validate_fail(v, "type mismatch: expected a reference, found %s", wasm_valtype_name(type));
    return operand_push(v, WASM_I32);
}

/* A body may refer to the functions that the module mentions elsewhere (C.refs, 3.4.10); a constant expression is
 * such a place. */
static int check_ref_func(struct validator *v)
{
    struct wasm_func *func = &v->module->funcs[v->instr.index];
    if (!v->func)
        func->is_declared = true;
    if (!func->is_declared)
        return validate_fail(v, "undeclared function reference: no export, global or element segment mentions func %u",
                             v->instr.index);
    return operand_push(v, WASM_FUNCREF);
}

static wasm_valtype element_type(const struct validator *v, uint32_t table)
{
    return v->module->tables[table].type.element;
}

static int check_table_get(struct validator *v)
{
    return operand_pop(v, WASM_I32) ? -1 : operand_push(v, element_type(v, v->instr.index));
}

static int check_table_set(struct validator *v)
{
    return operand_pop(v, element_type(v, v->instr.index)) ? -1 : operand_pop(v, WASM_I32);
}

static int check_table_grow(struct validator *v)
{
    return operand_pop(v, WASM_I32) || operand_pop(v, element_type(v, v->instr.index)) ? -1 : operand_push(v, WASM_I32);
}

static int check_table_fill(struct validator *v)
{
    return operand_pop(v, WASM_I32) || operand_pop(v, element_type(v, v->instr.index)) ? -1 : operand_pop(v, WASM_I32);
}

static int check_table_transfer(struct validator *v, wasm_valtype from, wasm_valtype to)
{
    if (!operand_matches(from, to))
        return validate_fail(v, "type mismatch: elements of type %s into a table of type %s", wasm_valtype_name(from),
                             wasm_valtype_name(to));
    return check_signature(v, "iii:");
}

static int check_table_copy(struct validator *v)
{
    return check_table_transfer(v, element_type(v, v->instr.index2), element_type(v, v->instr.index));
}

static int check_table_init(struct validator *v)
{
    return check_table_transfer(v, v->module->elems[v->instr.index].type, element_type(v, v->instr.index2));
}

/* --- instructions --- */

static int (*const rules[WASM_OP_COUNT])(struct validator *) = {
    [WASM_OP_UNREACHABLE] = check_unreachable,
    [WASM_OP_BLOCK] = check_block,
    [WASM_OP_LOOP] = check_block,
    [WASM_OP_IF] = check_block,
    [WASM_OP_ELSE] = check_else,
    [WASM_OP_END] = check_end,
    [WASM_OP_BR] = check_br,
    [WASM_OP_BR_IF] = check_br_if,
    [WASM_OP_BR_TABLE] = check_br_table,
    [WASM_OP_RETURN] = check_return,
    [WASM_OP_CALL] = check_call,
    [WASM_OP_CALL_INDIRECT] = check_call_indirect,
    [WASM_OP_DROP] = check_drop,
    [WASM_OP_SELECT] = check_select,
    [WASM_OP_SELECT_T] = check_select_t,
    [WASM_OP_LOCAL_GET] = check_local_get,
    [WASM_OP_LOCAL_SET] = check_local_set,
    [WASM_OP_LOCAL_TEE] = check_local_tee,
    [WASM_OP_GLOBAL_GET] = check_global_get,
    [WASM_OP_GLOBAL_SET] = check_global_set,
    [WASM_OP_TABLE_GET] = check_table_get,
    [WASM_OP_TABLE_SET] = check_table_set,
    [WASM_OP_TABLE_INIT] = check_table_init,
    [WASM_OP_TABLE_COPY] = check_table_copy,
    [WASM_OP_TABLE_GROW] = check_table_grow,
    [WASM_OP_TABLE_FILL] = check_table_fill,
    [WASM_OP_REF_NULL] = check_ref_null,
    [WASM_OP_REF_IS_NULL] = check_ref_is_null,
    [WASM_OP_REF_FUNC] = check_ref_func,
};

/* Constant instructions (3.3.8.2). */
static bool is_constant(enum wasm_op op)
{
    switch (op) {
    case WASM_OP_I32_CONST:
    case WASM_OP_I64_CONST:
    case WASM_OP_F32_CONST:
    case WASM_OP_F64_CONST:
    case WASM_OP_V128_CONST:
    case WASM_OP_REF_NULL:
    case WASM_OP_REF_FUNC:
    case WASM_OP_GLOBAL_GET:
    case WASM_OP_END:
        return true;
    default:
        return false;
    }
}

static int check_instr(struct validator *v)
{
    const struct wasm_op_info *info = &wasm_op_info[v->instr.op];
    v->module->features |= 1ull << info->feature;
    if (!v->func && !is_constant(v->instr.op))
        return validate_fail(v, "constant expression required");
    if (validate_immediate(v))
        return -1;
    return info->signature ? check_signature(v, info->signature) : rules[v->instr.op](v);
}

/* The expression is the body of a block of the type `block`. */
static int validate_expr(struct validator *v, const struct wasm_expr *expr, struct wasm_block block)
{
    v->reader = (struct wasm_reader){v->module->bytes, expr->offset, expr->offset + expr->size};
    v->operand_count = 0;
    v->frame_count = 0;
    control_push(v, WASM_OP_BLOCK, block);
    while (v->frame_count > 0) {
        if (wasm_read_instr(&v->reader, &v->instr, v->err) || check_instr(v))
            return -1;
    }
    if (wasm_reader_left(&v->reader))
        return err_set(v->err, "section size mismatch: %u bytes behind the end of the function",
                       wasm_reader_left(&v->reader));
    return 0;
}

static void index_locals(struct validator *v, const struct wasm_func *func)
{
    v->run_ends = validate_reserve(v->run_ends, &v->run_capacity, func->local_run_count, sizeof *v->run_ends);
    uint32_t end = v->module->types[func->type].param_count;
    for (uint32_t i = 0; i < func->local_run_count; i++) {
        end += func->locals[i].count;
        v->run_ends[i] = end;
        validate_note_type(v->module, func->locals[i].type);
    }
}

int validate_body(struct validator *v, const struct wasm_func *func)
{
    v->func = func;
    index_locals(v, func);
    return validate_expr(v, &func->body, (struct wasm_block){.type_index = func->type});
}

int validate_constant(struct validator *v, const struct wasm_expr *expr, wasm_valtype type)
{
    v->func = NULL;
    return validate_expr(v, expr, (struct wasm_block){.type_index = WASM_BLOCK_INLINE, .result = type});
}

void validator_free(struct validator *v)
{
    free(v->operands);
    free(v->frames);
    free(v->run_ends);
}
