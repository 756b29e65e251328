#include "wasm/validate_stack.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

int validate_fail(struct validator *v, const char *format, ...)
{
    char reason[256];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    v->reader.offset = v->instr.offset;
    return err_set(v->err, "%s: %s", wasm_op_info[v->instr.op].name, reason);
}

void *validate_reserve(void *items, uint32_t *capacity, uint32_t count, size_t item_size)
{
    if (count <= *capacity)
        return items;
    *capacity = count < 64 ? 64 : count + count / 2;
    return memory_resize(items, *capacity * item_size);
}

struct frame *control_top(struct validator *v)
{
    return &v->frames[v->frame_count - 1];
}

bool types_match(struct types found, struct types expected)
{
    if (found.count != expected.count)
        return false;
    if (found.count == 0 || memcmp(found.items, expected.items, found.count * sizeof *found.items) == 0)
        return true;
    for (uint32_t i = 0; i < found.count; i++) {
        if (!wasm_type_matches(found.items[i], expected.items[i]))
            return false;
    }
    return true;
}

int operands_push(struct validator *v, struct types types)
{
    if (types.count == 0)
        return 0;
    if (types.count > WASM_MAX_OPERANDS - v->operand_count)
        return validate_fail(v, "too many operands: the limit is %u", WASM_MAX_OPERANDS);
    v->operands =
        validate_reserve(v->operands, &v->operand_capacity, v->operand_count + types.count, sizeof *v->operands);
    memcpy(v->operands + v->operand_count, types.items, types.count * sizeof *types.items);
    v->operand_count += types.count;
    return 0;
}

int operand_push(struct validator *v, wasm_valtype type)
{
    return operands_push(v, (struct types){&type, 1});
}

/* `count` is at least 1. The usual case is settled at once, however many they are. */
static int check_types(struct validator *v, const wasm_valtype *found, const wasm_valtype *expected, uint32_t count)
{
    if (memcmp(found, expected, count * sizeof *found) == 0)
        return 0;
    for (uint32_t i = count; i-- > 0;) {
        if (!wasm_type_matches(found[i], expected[i]))
            return validate_fail(v, "type mismatch: expected %s, found %s", wasm_valtype_name(expected[i]).text,
                                 wasm_valtype_name(found[i]).text);
    }
    return 0;
}

int operands_check(struct validator *v, struct types types, uint32_t *present)
{
    const struct frame *frame = control_top(v);
    uint32_t available = v->operand_count - frame->height;
    *present = types.count < available ? types.count : available;
    if (*present &&
        check_types(v, v->operands + (v->operand_count - *present), types.items + (types.count - *present), *present))
        return -1;
    if (*present < types.count && !frame->unreachable)
        return validate_fail(v, "type mismatch: expected %s, found nothing",
                             wasm_valtype_name(types.items[types.count - *present - 1]).text);
    return 0;
}

int operands_pop(struct validator *v, struct types types)
{
    uint32_t present;
    if (operands_check(v, types, &present))
        return -1;
    v->operand_count -= present;
    return 0;
}

int operand_pop(struct validator *v, wasm_valtype type)
{
    return operands_pop(v, (struct types){&type, 1});
}

int operand_pop_any(struct validator *v, wasm_valtype *type)
{
    const struct frame *frame = control_top(v);
    *type = WASM_BOTTOM;
    if (v->operand_count > frame->height)
        *type = v->operands[--v->operand_count];
    else if (!frame->unreachable)
        return validate_fail(v, "type mismatch: expected a value, found nothing");
    return 0;
}

int operand_pop_reference(struct validator *v, wasm_valtype *type)
{
    if (operand_pop_any(v, type))
        return -1;
    if (*type != WASM_BOTTOM && !wasm_is_ref(*type))
        return validate_fail(v, "type mismatch: expected a reference, found %s", wasm_valtype_name(*type).text);
    *type = WASM_MAKE_REF(WASM_REF_CODE, *type == WASM_BOTTOM ? WASM_HEAP_BOTTOM : wasm_heap_type(*type));
    return 0;
}

struct types types_params(const struct wasm_functype *type)
{
    return (struct types){type->params, type->param_count};
}

struct types types_results(const struct wasm_functype *type)
{
    return (struct types){type->results, type->result_count};
}

struct types types_start(const struct validator *v, const struct wasm_block *block)
{
    if (block->type_index == WASM_BLOCK_INLINE)
        return (struct types){NULL, 0};
    return types_params(&v->module->types[block->type_index]);
}

struct types types_end(const struct validator *v, const struct wasm_block *block)
{
    if (block->type_index == WASM_BLOCK_INLINE)
        return (struct types){&block->result, block->result != 0};
    return types_results(&v->module->types[block->type_index]);
}

struct types types_label(const struct validator *v, uint32_t depth)
{
    const struct frame *frame = &v->frames[v->frame_count - 1 - depth];
    return frame->op == WASM_OP_LOOP ? types_start(v, &frame->block) : types_end(v, &frame->block);
}

void control_push(struct validator *v, enum wasm_op op, struct wasm_block block)
{
    v->frames = validate_reserve(v->frames, &v->frame_capacity, v->frame_count + 1, sizeof *v->frames);
    v->frames[v->frame_count++] =
        (struct frame){.block = block, .height = v->operand_count, .sets = v->set_count, .op = (uint16_t)op};
}

void control_set_unreachable(struct validator *v)
{
    struct frame *frame = control_top(v);
    v->operand_count = frame->height;
    frame->unreachable = true;
}

bool local_is_set(const struct validator *v, uint32_t index)
{
    return v->set_in[index] == v->body_count;
}

void local_set(struct validator *v, uint32_t index)
{
    if (local_is_set(v, index))
        return;
    v->set_in[index] = v->body_count;
    v->sets = validate_reserve(v->sets, &v->set_capacity, v->set_count + 1, sizeof *v->sets);
    v->sets[v->set_count++] = index;
}

void locals_forget(struct validator *v, uint32_t set_count)
{
    while (v->set_count > set_count)
        v->set_in[v->sets[--v->set_count]] = 0;
}
