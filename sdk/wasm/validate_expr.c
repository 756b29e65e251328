/* validate_expr.c: expressions: the validation algorithm of the specification's appendix (section 7.5).
 *
 * An instruction with a signature in opcodes.def is checked by that; each other one has a rule, in the table at the end
 * or in that of validate_control.c. Work is in proportion to the bytes read: a type of a thousand values is pushed and
 * compared as one run of memory, and what unreachable code pops from nowhere costs nothing. */
#include <stdlib.h>
#include <string.h>

#include "wasm/validate_stack.h"

static wasm_valtype letter_type(const struct validator *v, char letter)
{
    switch (letter) {
    case 'a':
        return validate_address_type(v);
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

/* "ii:i": operands, a colon, results (opcodes.def). */
static int check_signature(struct validator *v, const char *signature)
{
    const char *colon = strchr(signature, ':');
    for (const char *letter = colon; letter > signature; letter--) {
        if (operand_pop(v, letter_type(v, letter[-1])))
            return -1;
    }
    for (const char *letter = colon + 1; *letter; letter++) {
        if (operand_push(v, letter_type(v, *letter)))
            return -1;
    }
    return 0;
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
    if (a != b && a != WASM_BOTTOM && b != WASM_BOTTOM)
        return validate_fail(v, "type mismatch: %s and %s", wasm_valtype_name(b).text, wasm_valtype_name(a).text);
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

/* What cannot be null has no default value, so that it must be set before it is used; a parameter is set always. */
static bool must_be_set(const struct validator *v, uint32_t index, wasm_valtype type)
{
    return wasm_is_ref(type) && !wasm_is_nullable(type) && index >= v->module->types[v->func->type].param_count;
}

static int check_local_get(struct validator *v)
{
    uint32_t index = v->instr.index;
    wasm_valtype type = local_type(v, index);
    if (must_be_set(v, index, type) && !local_is_set(v, index))
        return validate_fail(v, "uninitialized local %u: its type %s has no default value", index,
                             wasm_valtype_name(type).text);
    return operand_push(v, type);
}

static int check_local_set(struct validator *v)
{
    uint32_t index = v->instr.index;
    wasm_valtype type = local_type(v, index);
    if (must_be_set(v, index, type))
        local_set(v, index);
    return operand_pop(v, type);
}

static int check_local_tee(struct validator *v)
{
    return check_local_set(v) ? -1 : operand_push(v, local_type(v, v->instr.index));
}

/* In a constant expression only immutable globals that have their value by then are in sight (3.5.10). */
static int check_global_get(struct validator *v)
{
    struct wasm_module *m = v->module;
    uint32_t index = v->instr.index;
    if (!v->func && index >= v->visible_globals)
        return validate_fail(v, "unknown global %u: it has no value before this expression", index);
    if (!v->func && index >= m->imported_global_count)
        m->features |= 1ull << WASM_FEATURE_EXTENDED_CONST;
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
    return operand_pop_reference(v, &type) ? -1 : operand_push(v, WASM_I32);
}

static int check_ref_as_non_null(struct validator *v)
{
    wasm_valtype type;
    return operand_pop_reference(v, &type) ? -1 : operand_push(v, type);
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
    return operand_push(v, wasm_func_ref(v->module, func));
}

static wasm_valtype element_type(const struct validator *v, uint32_t table)
{
    return v->module->tables[table].type.element;
}

static int check_table_get(struct validator *v)
{
    return operand_pop(v, validate_address_type(v)) ? -1 : operand_push(v, element_type(v, v->instr.index));
}

static int check_table_set(struct validator *v)
{
    return operand_pop(v, element_type(v, v->instr.index)) ? -1 : operand_pop(v, validate_address_type(v));
}

static int check_table_grow(struct validator *v)
{
    wasm_valtype address = validate_address_type(v);
    return operand_pop(v, address) || operand_pop(v, element_type(v, v->instr.index)) ? -1 : operand_push(v, address);
}

static int check_table_fill(struct validator *v)
{
    wasm_valtype address = validate_address_type(v);
    return operand_pop(v, address) || operand_pop(v, element_type(v, v->instr.index)) ? -1 : operand_pop(v, address);
}

static int check_elements_fit(struct validator *v, wasm_valtype from, wasm_valtype to)
{
    if (wasm_type_matches(from, to))
        return 0;
    return validate_fail(v, "type mismatch: elements of type %s into a table of type %s", wasm_valtype_name(from).text,
                         wasm_valtype_name(to).text);
}

/* From one memory or table to another; a count is within the smaller address space of the two. */
static int check_copy(struct validator *v, const struct wasm_limits *to, const struct wasm_limits *from)
{
    wasm_valtype count = to->is_64 && from->is_64 ? WASM_I64 : WASM_I32;
    return operand_pop(v, count) || operand_pop(v, wasm_address_type(from)) || operand_pop(v, wasm_address_type(to))
               ? -1
               : 0;
}

static int check_memory_copy(struct validator *v)
{
    const struct wasm_memory *memories = v->module->memories;
    return check_copy(v, &memories[v->instr.index].limits, &memories[v->instr.index2].limits);
}

static int check_table_copy(struct validator *v)
{
    const struct wasm_tabletype *to = &v->module->tables[v->instr.index].type;
    const struct wasm_tabletype *from = &v->module->tables[v->instr.index2].type;
    return check_elements_fit(v, from->element, to->element) ? -1 : check_copy(v, &to->limits, &from->limits);
}

static int check_table_init(struct validator *v)
{
    wasm_valtype from = v->module->elems[v->instr.index].type;
    return check_elements_fit(v, from, element_type(v, v->instr.index2)) ? -1 : check_signature(v, "aii:");
}

/* --- instructions --- */

static int (*const rules[WASM_OP_COUNT])(struct validator *) = {
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
    [WASM_OP_REF_AS_NON_NULL] = check_ref_as_non_null,
    [WASM_OP_MEMORY_COPY] = check_memory_copy,
};

/* Constant instructions (3.4.13); those that came with extended constants are noted. */
static bool is_constant(struct validator *v, enum wasm_op op)
{
    switch (op) {
    case WASM_OP_I32_ADD:
    case WASM_OP_I32_SUB:
    case WASM_OP_I32_MUL:
    case WASM_OP_I64_ADD:
    case WASM_OP_I64_SUB:
    case WASM_OP_I64_MUL:
        v->module->features |= 1ull << WASM_FEATURE_EXTENDED_CONST;
        return true;
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
    if (!v->func && !is_constant(v, v->instr.op))
        return validate_fail(v, "constant expression required");
    if (validate_immediate(v))
        return -1;
    if (info->signature)
        return check_signature(v, info->signature);
    return rules[v->instr.op] ? rules[v->instr.op](v) : validate_control(v);
}

/* The expression is the body of a block of the type `block`. */
static int validate_expr(struct validator *v, const struct wasm_expr *expr, struct wasm_block block)
{
    v->reader = wasm_expr_reader(v->module, *expr);
    v->operand_count = 0;
    v->frame_count = 0;
    v->set_count = 0;
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

/* `set_in` keeps the numbers of earlier bodies, so that nothing need be cleared for each one. */
static void reserve_locals(struct validator *v, const struct wasm_func *func)
{
    uint32_t before = v->set_in_capacity;
    v->set_in = validate_reserve(v->set_in, &v->set_in_capacity, func->local_count, sizeof *v->set_in);
    if (v->set_in_capacity > before)
        memset(v->set_in + before, 0, (v->set_in_capacity - before) * sizeof *v->set_in);
    v->body_count++;
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
    reserve_locals(v, func);
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
    free(v->set_in);
    free(v->sets);
}
