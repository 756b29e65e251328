/* validate_immediate.c: the operands that lie in the binary: indices into the index spaces, alignments, lanes. */
#include "wasm/validate_stack.h"

static int check_index(struct validator *v, const char *space, uint32_t index, uint32_t count)
{
    return index < count ? 0 : validate_fail(v, "unknown %s %u", space, index);
}

static int check_type(struct validator *v, uint32_t index)
{
    return check_index(v, "type", index, v->module->type_count);
}

static int check_table(struct validator *v, uint32_t index)
{
    return check_index(v, "table", index, v->module->table_count);
}

static int check_memory(struct validator *v, uint32_t index)
{
    return check_index(v, "memory", index, v->module->memory_count);
}

static int check_elem(struct validator *v, uint32_t index)
{
    return check_index(v, "elem segment", index, v->module->elem_count);
}

/* Bodies come before the data segments in the binary, so these indices need the data count section (5.5.16). */
static int check_data(struct validator *v, uint32_t index)
{
    if (v->module->declared_data_count == WASM_NO_INDEX)
        return validate_fail(v, "data count section required");
    return check_index(v, "data segment", index, v->module->data_count);
}

static int check_memarg(struct validator *v)
{
    if (check_memory(v, v->instr.mem.memory))
        return -1;
    unsigned natural = wasm_op_info[v->instr.op].access;
    if (v->instr.mem.align > natural)
        return validate_fail(v, "alignment must not be larger than natural: 2**%u, natural is 2**%u",
                             v->instr.mem.align, natural);
    return 0;
}

static int check_lane(struct validator *v, unsigned lane, unsigned lanes)
{
    return lane < lanes ? 0 : validate_fail(v, "invalid lane index %u: there are %u", lane, lanes);
}

static int check_shuffle(struct validator *v)
{
    for (unsigned i = 0; i < 16; i++) {
        if (check_lane(v, v->instr.bytes[i], 32))
            return -1;
    }
    return 0;
}

int validate_immediate(struct validator *v)
{
    const struct wasm_module *m = v->module;
    const struct wasm_instr *in = &v->instr;
    unsigned lanes = 16 >> wasm_op_info[in->op].access;
    switch (wasm_op_info[in->op].imm) {
    case WASM_IMM_BLOCK:
        return in->block.type_index == WASM_BLOCK_INLINE ? 0 : check_type(v, in->block.type_index);
    case WASM_IMM_LABEL:
        return check_index(v, "label", in->index, v->frame_count);
    case WASM_IMM_FUNC:
        return check_index(v, "function", in->index, m->func_count);
    case WASM_IMM_LOCAL:
        return check_index(v, "local", in->index, v->func ? v->func->local_count : 0);
    case WASM_IMM_GLOBAL:
        return check_index(v, "global", in->index, m->global_count);
    case WASM_IMM_TABLE:
        return check_table(v, in->index);
    case WASM_IMM_MEMORY:
        return check_memory(v, in->index);
    case WASM_IMM_ELEM:
        return check_elem(v, in->index);
    case WASM_IMM_DATA:
        return check_data(v, in->index);
    case WASM_IMM_TYPE_TABLE:
        return check_table(v, in->index2) ? -1 : check_type(v, in->index);
    case WASM_IMM_ELEM_TABLE:
        return check_table(v, in->index2) ? -1 : check_elem(v, in->index);
    case WASM_IMM_TABLE_TABLE:
        return check_table(v, in->index) ? -1 : check_table(v, in->index2);
    case WASM_IMM_DATA_MEMORY:
        return check_memory(v, in->index2) ? -1 : check_data(v, in->index);
    case WASM_IMM_MEMORY_MEMORY:
        return check_memory(v, in->index) ? -1 : check_memory(v, in->index2);
    case WASM_IMM_MEM:
        return check_memarg(v);
    case WASM_IMM_MEM_LANE:
        return check_memarg(v) ? -1 : check_lane(v, in->mem.lane, lanes);
    case WASM_IMM_LANE:
        return check_lane(v, in->lane, lanes);
    case WASM_IMM_SHUFFLE:
        return check_shuffle(v);
    default:
        return 0;
    }
}
