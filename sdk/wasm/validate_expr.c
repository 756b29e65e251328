/* validate_expr.c: expressions: the validation algorithm of the specification's appendix (section 7.5).
 *
 * An instruction with a signature in opcodes.def is checked by that; each other one has a rule here, in the table at
 * the end. Work is in proportion to the bytes read: a type of a thousand values is pushed and compared as one run of
 * memory, and what unreachable code pops from nowhere costs nothing. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "wasm/validate.h"

/* One for each open block, the function's or the constant's own at the bottom. */
struct frame {
    struct wasm_block block;
    uint32_t height; /* of the operand stack where the block begins, its parameters excluded */
    uint16_t op;     /* block, loop, if, else */
    bool unreachable;
};

/* A sequence of value types. It may lie in a frame: use it before the control stack grows. */
struct types {
    const wasm_valtype *items;
    uint32_t count;
};

/* Always -1. The place of the error is the instruction. */
static int __attribute__((format(printf, 2, 3))) fail(struct validator *v, const char *format, ...)
{
    char reason[256];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    v->reader.offset = v->instr.offset;
    return err_set(v->err, "%s: %s", wasm_op_info[v->instr.op].name, reason);
}

void validate_note_type(struct wasm_module *module, wasm_valtype type)
{
    if (type == WASM_V128)
        module->features |= 1ull << WASM_FEATURE_SIMD;
    else if (wasm_is_ref(type))
        module->features |= 1ull << WASM_FEATURE_REFERENCE_TYPES;
}

/* `items` with room for `count`. */
static void *reserve(void *items, uint32_t *capacity, uint32_t count, size_t item_size)
{
    if (count <= *capacity)
        return items;
    *capacity = count < 64 ? 64 : count + count / 2;
    return memory_resize(items, *capacity * item_size);
}

/* --- operands --- */

static struct frame *top_frame(struct validator *v)
{
    return &v->frames[v->frame_count - 1];
}

/* 3.0's subtyping will widen this. */
static bool matches(wasm_valtype found, wasm_valtype expected)
{
    return found == expected || found == WASM_BOTTOM || expected == WASM_BOTTOM;
}

static int push_types(struct validator *v, struct types types)
{
    if (types.count == 0)
        return 0;
    if (types.count > WASM_MAX_OPERANDS - v->operand_count)
        return fail(v, "too many operands: the limit is %u", WASM_MAX_OPERANDS);
    v->operands = reserve(v->operands, &v->operand_capacity, v->operand_count + types.count, sizeof *v->operands);
    memcpy(v->operands + v->operand_count, types.items, types.count * sizeof *types.items);
    v->operand_count += types.count;
    return 0;
}

static int push(struct validator *v, wasm_valtype type)
{
    return push_types(v, (struct types){&type, 1});
}

/* `count` is at least 1. The usual case is settled at once, however many they are. */
static int check_types(struct validator *v, const wasm_valtype *found, const wasm_valtype *expected, uint32_t count)
{
    if (memcmp(found, expected, count * sizeof *found) == 0)
        return 0;
    for (uint32_t i = count; i-- > 0;) {
        if (!matches(found[i], expected[i]))
            return fail(v, "type mismatch: expected %s, found %s", wasm_valtype_name(expected[i]),
                        wasm_valtype_name(found[i]));
    }
    return 0;
}

/* Checks that the top of the stack is `types`, and stores in *present how many of them really are there: fewer only
 * in unreachable code, where the others come from nowhere and have any type. */
static int check_top(struct validator *v, struct types types, uint32_t *present)
{
    const struct frame *frame = top_frame(v);
    uint32_t available = v->operand_count - frame->height;
    *present = types.count < available ? types.count : available;
    if (*present &&
        check_types(v, v->operands + (v->operand_count - *present), types.items + (types.count - *present), *present))
        return -1;
    if (*present < types.count && !frame->unreachable)
        return fail(v, "type mismatch: expected %s, found nothing",
                    wasm_valtype_name(types.items[types.count - *present - 1]));
    return 0;
}

static int pop_types(struct validator *v, struct types types)
{
    uint32_t present;
    if (check_top(v, types, &present))
        return -1;
    v->operand_count -= present;
    return 0;
}

static int pop(struct validator *v, wasm_valtype type)
{
    return pop_types(v, (struct types){&type, 1});
}

/* Any one value; its type goes to *type. */
static int pop_any(struct validator *v, wasm_valtype *type)
{
    const struct frame *frame = top_frame(v);
    *type = WASM_BOTTOM;
    if (v->operand_count > frame->height)
        *type = v->operands[--v->operand_count];
    else if (!frame->unreachable)
        return fail(v, "type mismatch: expected a value, found nothing");
    return 0;
}

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
    for (const char *letter = colon; letter-- > signature;) {
        if (pop(v, letter_type(*letter)))
            return -1;
    }
    for (const char *letter = colon + 1; *letter; letter++) {
        if (push(v, letter_type(*letter)))
            return -1;
    }
    return 0;
}

/* --- blocks --- */

static struct types params_of(const struct wasm_functype *type)
{
    return (struct types){type->params, type->param_count};
}

static struct types results_of(const struct wasm_functype *type)
{
    return (struct types){type->results, type->result_count};
}

static struct types start_types(const struct validator *v, const struct wasm_block *block)
{
    if (block->type_index == WASM_BLOCK_INLINE)
        return (struct types){NULL, 0};
    return params_of(&v->module->types[block->type_index]);
}

static struct types end_types(const struct validator *v, const struct wasm_block *block)
{
    if (block->type_index == WASM_BLOCK_INLINE)
        return (struct types){&block->result, block->result != 0};
    return results_of(&v->module->types[block->type_index]);
}

/* What a branch to the label `depth` takes along: to a loop's begin, to any other block's end. */
static struct types label_types(const struct validator *v, uint32_t depth)
{
    const struct frame *frame = &v->frames[v->frame_count - 1 - depth];
    return frame->op == WASM_OP_LOOP ? start_types(v, &frame->block) : end_types(v, &frame->block);
}

static void push_frame(struct validator *v, enum wasm_op op, struct wasm_block block)
{
    v->frames = reserve(v->frames, &v->frame_capacity, v->frame_count + 1, sizeof *v->frames);
    v->frames[v->frame_count++] = (struct frame){.block = block, .height = v->operand_count, .op = (uint16_t)op};
}

static void set_unreachable(struct validator *v)
{
    struct frame *frame = top_frame(v);
    v->operand_count = frame->height;
    frame->unreachable = true;
}

/* Pops the innermost block's results, after which nothing may be left in it. */
static int pop_block_results(struct validator *v)
{
    const struct frame *frame = top_frame(v);
    if (pop_types(v, end_types(v, &frame->block)))
        return -1;
    if (v->operand_count != frame->height)
        return fail(v, "type mismatch: %u more values on the stack than the block's type has",
                    v->operand_count - frame->height);
    return 0;
}

static int check_unreachable(struct validator *v)
{
    set_unreachable(v);
    return 0;
}

static int check_block(struct validator *v)
{
    const struct wasm_block *block = &v->instr.block;
    validate_note_type(v->module, block->result);
    if (block->type_index != WASM_BLOCK_INLINE)
        v->module->features |= 1ull << WASM_FEATURE_MULTI_VALUE;
    if ((v->instr.op == WASM_OP_IF && pop(v, WASM_I32)) || pop_types(v, start_types(v, block)))
        return -1;
    push_frame(v, v->instr.op, *block);
    return push_types(v, start_types(v, block));
}

static int check_else(struct validator *v)
{
    if (top_frame(v)->op != WASM_OP_IF)
        return fail(v, "there is no if that it could belong to");
    if (pop_block_results(v))
        return -1;
    struct frame *frame = top_frame(v);
    frame->op = WASM_OP_ELSE;
    frame->unreachable = false;
    return push_types(v, start_types(v, &frame->block));
}

static int check_end(struct validator *v)
{
    if (pop_block_results(v))
        return -1;
    const struct frame *frame = top_frame(v);
    struct types start = start_types(v, &frame->block);
    struct types end = end_types(v, &frame->block);
    if (frame->op == WASM_OP_IF &&
        (start.count != end.count || (end.count && memcmp(start.items, end.items, end.count * sizeof *end.items))))
        return fail(v, "type mismatch: an if without else must leave what it takes");
    v->frame_count--;
    return push_types(v, end);
}

/* --- branches and calls --- */

static int check_br(struct validator *v)
{
    if (pop_types(v, label_types(v, v->instr.index)))
        return -1;
    set_unreachable(v);
    return 0;
}

static int check_br_if(struct validator *v)
{
    struct types types = label_types(v, v->instr.index);
    return pop(v, WASM_I32) || pop_types(v, types) ? -1 : push_types(v, types);
}

/* All labels take as many values as the default one, which comes last, and those on the stack fit each of them. */
static int check_br_table(struct validator *v)
{
    if (pop(v, WASM_I32))
        return -1;
    struct wasm_reader labels = v->reader;
    labels.offset = v->instr.br_table.labels_at;
    struct types checked = {NULL, 0};
    for (uint32_t i = 0; i <= v->instr.br_table.count; i++) {
        uint32_t label = wasm_read_label(&labels);
        if (label >= v->frame_count)
            return fail(v, "unknown label %u", label);
        struct types types = label_types(v, label);
        uint32_t present;
        if (i > 0 && types.count != checked.count)
            return fail(v, "type mismatch: label %u takes %u values, another one %u", label, types.count,
                        checked.count);
        if (types.items != checked.items && check_top(v, types, &present))
            return -1;
        checked = types;
    }
    set_unreachable(v);
    return 0;
}

static int check_return(struct validator *v)
{
    if (pop_types(v, end_types(v, &v->frames[0].block)))
        return -1;
    set_unreachable(v);
    return 0;
}

static int check_call_type(struct validator *v, const struct wasm_functype *type)
{
    return pop_types(v, params_of(type)) ? -1 : push_types(v, results_of(type));
}

static int check_call(struct validator *v)
{
    return check_call_type(v, &v->module->types[v->module->funcs[v->instr.index].type]);
}

static int check_call_indirect(struct validator *v)
{
    wasm_valtype element = v->module->tables[v->instr.index2].type.element;
    if (element != WASM_FUNCREF)
        return fail(v, "type mismatch: table %u has elements of type %s, not funcref", v->instr.index2,
                    wasm_valtype_name(element));
    return pop(v, WASM_I32) ? -1 : check_call_type(v, &v->module->types[v->instr.index]);
}

/* --- values, locals, globals --- */

static int check_drop(struct validator *v)
{
    wasm_valtype type;
    return pop_any(v, &type);
}

static int check_select(struct validator *v)
{
    wasm_valtype a, b;
    if (pop(v, WASM_I32) || pop_any(v, &a) || pop_any(v, &b))
        return -1;
    if (wasm_is_ref(a) || wasm_is_ref(b))
        return fail(v, "type mismatch: references need the form that names their type");
    if (!matches(a, b))
        return fail(v, "type mismatch: %s and %s", wasm_valtype_name(b), wasm_valtype_name(a));
    return push(v, a == WASM_BOTTOM ? b : a);
}

static int check_select_t(struct validator *v)
{
    wasm_valtype type = v->instr.type;
    validate_note_type(v->module, type);
    return pop(v, WASM_I32) || pop(v, type) || pop(v, type) ? -1 : push(v, type);
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
    return push(v, local_type(v, v->instr.index));
}

static int check_local_set(struct validator *v)
{
    return pop(v, local_type(v, v->instr.index));
}

static int check_local_tee(struct validator *v)
{
    wasm_valtype type = local_type(v, v->instr.index);
    return pop(v, type) ? -1 : push(v, type);
}

/* In constant expressions only imported immutable globals are in sight (3.3.8.2, 3.4.10). */
static int check_global_get(struct validator *v)
{
    const struct wasm_module *m = v->module;
    uint32_t index = v->instr.index;
    if (!v->func && index >= m->imported_global_count)
        return fail(v, "unknown global %u: a constant expression sees only imported ones", index);
    if (!v->func && m->globals[index].type.is_mutable)
        return fail(v, "constant expression required: global %u is mutable", index);
    return push(v, m->globals[index].type.type);
}

static int check_global_set(struct validator *v)
{
    const struct wasm_globaltype *type = &v->module->globals[v->instr.index].type;
    if (!type->is_mutable)
        return fail(v, "global is immutable: %u", v->instr.index);
    return pop(v, type->type);
}

/* --- references and tables --- */

static int check_ref_null(struct validator *v)
{
    return push(v, v->instr.type);
}

static int check_ref_is_null(struct validator *v)
{
    wasm_valtype type;
    if (pop_any(v, &type))
        return -1;
    if (type != WASM_BOTTOM && !wasm_is_ref(type))
        return fail(v, "type mismatch: expected a reference, found %s", wasm_valtype_name(type));
    return push(v, WASM_I32);
}

/* A body may refer to the functions that the module mentions elsewhere (C.refs, 3.4.10); a constant expression is
 * such a place. */
static int check_ref_func(struct validator *v)
{
    struct wasm_func *func = &v->module->funcs[v->instr.index];
    if (!v->func)
        func->is_declared = true;
    if (!func->is_declared)
        return fail(v, "undeclared function reference: no export, global or element segment mentions func %u",
                    v->instr.index);
    return push(v, WASM_FUNCREF);
}

static wasm_valtype element_type(const struct validator *v, uint32_t table)
{
    return v->module->tables[table].type.element;
}

static int check_table_get(struct validator *v)
{
    return pop(v, WASM_I32) ? -1 : push(v, element_type(v, v->instr.index));
}

static int check_table_set(struct validator *v)
{
    return pop(v, element_type(v, v->instr.index)) ? -1 : pop(v, WASM_I32);
}

static int check_table_grow(struct validator *v)
{
    return pop(v, WASM_I32) || pop(v, element_type(v, v->instr.index)) ? -1 : push(v, WASM_I32);
}

static int check_table_fill(struct validator *v)
{
    return pop(v, WASM_I32) || pop(v, element_type(v, v->instr.index)) ? -1 : pop(v, WASM_I32);
}

static int check_table_transfer(struct validator *v, wasm_valtype from, wasm_valtype to)
{
    if (!matches(from, to))
        return fail(v, "type mismatch: elements of type %s into a table of type %s", wasm_valtype_name(from),
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

static int check_index(struct validator *v, const char *space, uint32_t index, uint32_t count)
{
    return index < count ? 0 : fail(v, "unknown %s %u", space, index);
}

/* Bodies come before the data segments in the binary, so these indices need the data count section (5.5.16). */
static int check_data_index(struct validator *v, uint32_t index)
{
    if (v->module->declared_data_count == WASM_NO_INDEX)
        return fail(v, "data count section required");
    return check_index(v, "data segment", index, v->module->data_count);
}

static int check_memarg(struct validator *v)
{
    if (check_index(v, "memory", v->instr.mem.memory, v->module->memory_count))
        return -1;
    unsigned natural = wasm_op_info[v->instr.op].access;
    if (v->instr.mem.align > natural)
        return fail(v, "alignment must not be larger than natural: 2**%u, natural is 2**%u", v->instr.mem.align,
                    natural);
    return 0;
}

static int check_lane(struct validator *v, unsigned lane, unsigned lanes)
{
    return lane < lanes ? 0 : fail(v, "invalid lane index %u: there are %u", lane, lanes);
}

static int check_shuffle(struct validator *v)
{
    for (unsigned i = 0; i < 16; i++) {
        if (check_lane(v, v->instr.bytes[i], 32))
            return -1;
    }
    return 0;
}

static int check_immediate(struct validator *v)
{
    const struct wasm_module *m = v->module;
    const struct wasm_instr *in = &v->instr;
    unsigned lanes = 16 >> wasm_op_info[in->op].access;
    switch (wasm_op_info[in->op].imm) {
    case WASM_IMM_BLOCK:
        return in->block.type_index == WASM_BLOCK_INLINE ? 0
                                                         : check_index(v, "type", in->block.type_index, m->type_count);
    case WASM_IMM_LABEL:
        return check_index(v, "label", in->index, v->frame_count);
    case WASM_IMM_FUNC:
        return check_index(v, "function", in->index, m->func_count);
    case WASM_IMM_LOCAL:
        return check_index(v, "local", in->index, v->func ? v->func->local_count : 0);
    case WASM_IMM_GLOBAL:
        return check_index(v, "global", in->index, m->global_count);
    case WASM_IMM_TABLE:
        return check_index(v, "table", in->index, m->table_count);
    case WASM_IMM_MEMORY:
        return check_index(v, "memory", in->index, m->memory_count);
    case WASM_IMM_ELEM:
        return check_index(v, "elem segment", in->index, m->elem_count);
    case WASM_IMM_DATA:
        return check_data_index(v, in->index);
    case WASM_IMM_TYPE_TABLE:
        return check_index(v, "table", in->index2, m->table_count) || check_index(v, "type", in->index, m->type_count);
    case WASM_IMM_ELEM_TABLE:
        return check_index(v, "table", in->index2, m->table_count) ||
               check_index(v, "elem segment", in->index, m->elem_count);
    case WASM_IMM_TABLE_TABLE:
        return check_index(v, "table", in->index, m->table_count) ||
               check_index(v, "table", in->index2, m->table_count);
    case WASM_IMM_DATA_MEMORY:
        return check_index(v, "memory", in->index2, m->memory_count) || check_data_index(v, in->index);
    case WASM_IMM_MEMORY_MEMORY:
        return check_index(v, "memory", in->index, m->memory_count) ||
               check_index(v, "memory", in->index2, m->memory_count);
    case WASM_IMM_MEM:
        return check_memarg(v);
    case WASM_IMM_MEM_LANE:
        return check_memarg(v) || check_lane(v, in->mem.lane, lanes);
    case WASM_IMM_LANE:
        return check_lane(v, in->lane, lanes);
    case WASM_IMM_SHUFFLE:
        return check_shuffle(v);
    default:
        return 0;
    }
}

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
        return fail(v, "constant expression required");
    if (check_immediate(v))
        return -1;
    return info->signature ? check_signature(v, info->signature) : rules[v->instr.op](v);
}

/* The expression is the body of a block of the type `block`. */
static int validate_expr(struct validator *v, const struct wasm_expr *expr, struct wasm_block block)
{
    v->reader = (struct wasm_reader){v->module->bytes, expr->offset, expr->offset + expr->size};
    v->operand_count = 0;
    v->frame_count = 0;
    push_frame(v, WASM_OP_BLOCK, block);
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
    v->run_ends = reserve(v->run_ends, &v->run_capacity, func->local_run_count, sizeof *v->run_ends);
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
