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
    const struct wasm_op_info *info = &wasm_op_info[v->instr.op];
    if (v->instr.mem.align > info->access)
        return validate_fail(v, "alignment must not be larger than natural: 2**%u, natural is 2**%u",
                             v->instr.mem.align, info->access);
    if (info->imm == WASM_IMM_MEM_ATOMIC && v->instr.mem.align != info->access)
        return validate_fail(v, "atomic alignment must be natural: 2**%u, not 2**%u", info->access, v->instr.mem.align);
    if (!v->module->memories[v->instr.mem.memory].limits.is_64 && v->instr.mem.offset > UINT32_MAX)
        return validate_fail(v, "offset out of range: 0x%lx, in a memory of 32-bit addresses", v->instr.mem.offset);
    return 0;
}

static int check_tag(struct validator *v, uint32_t index)
{
    return check_index(v, "tag", index, v->module->tag_count);
}

/* Their labels are checked with their types. */
static int check_catches(struct validator *v)
{
    struct wasm_reader clauses = v->reader;
    clauses.offset = v->instr.catches_at;
    for (uint32_t i = 0; i < v->instr.catch_count; i++) {
        struct wasm_catch clause = wasm_read_catch(&clauses);
        if (clause.kind <= WASM_CATCH_REF && check_tag(v, clause.tag))
            return -1;
        if (check_index(v, "label", clause.label, v->frame_count))
            return -1;
    }
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

wasm_valtype validate_address_type(const struct validator *v)
{
    const struct wasm_module *m = v->module;
    switch (wasm_op_info[v->instr.op].imm) {
    case WASM_IMM_TABLE:
        return wasm_address_type(&m->tables[v->instr.index].type.limits);
    case WASM_IMM_TYPE_TABLE:
    case WASM_IMM_ELEM_TABLE:
        return wasm_address_type(&m->tables[v->instr.index2].type.limits);
    case WASM_IMM_MEMORY:
        return wasm_address_type(&m->memories[v->instr.index].limits);
    case WASM_IMM_DATA_MEMORY:
        return wasm_address_type(&m->memories[v->instr.index2].limits);
    default:
        return wasm_address_type(&m->memories[v->instr.mem.memory].limits);
    }
}

static int check_block_type(struct validator *v)
{
    uint32_t index = v->instr.block.type_index;
    return index == WASM_BLOCK_INLINE ? 0 : check_type(v, index);
}

int validate_immediate(struct validator *v)
{
    const struct wasm_module *m = v->module;
    const struct wasm_instr *in = &v->instr;
    unsigned lanes = 16 >> wasm_op_info[in->op].access;
    switch (wasm_op_info[in->op].imm) {
    case WASM_IMM_BLOCK:
        return check_block_type(v);
    case WASM_IMM_TRY_TABLE:
        return check_block_type(v) ? -1 : check_catches(v);
    case WASM_IMM_DELEGATE: /* the block that it ends is not counted */
        return check_index(v, "label", in->index, v->frame_count - 1);
    case WASM_IMM_TYPE:
        return check_type(v, in->index);
    case WASM_IMM_TAG:
        return check_tag(v, in->index);
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
    case WASM_IMM_MEM_ATOMIC:
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
