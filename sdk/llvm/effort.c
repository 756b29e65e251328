/* effort.c: see effort.h.
 *
 * The number of different locals that are set in a block comes without sets of them. A local that is set adds one to
 * the innermost block; if it was set before, it takes one from the innermost block that has both places. When a block
 * ends, its number goes to the block round it: each block that has both places has counted them once. */
#include "llvm/effort.h"

#include <stdlib.h>

#include "base/memory.h"

#define BODY_LIMIT          (256u << 10) /* bytes */
#define LOOP_LIMIT          1500u        /* each changes what LLVM knows of memory, up to the function's begin */
#define INDIRECT_CALL_LIMIT 5000u        /* each brings three blocks, and all use the same tables */
#define HANDLED_CALL_LIMIT  5000u        /* in blocks with handlers: each ends a block of LLVM's */
#define TRY_LIMIT           2000u        /* a way from each of them to the handlers' code */

/* Large functions of Go have one for a byte of body, those of C++ have 1.5 at most. */
#define PHI_OPERAND_LIMIT(body_size) (16384 + 4 * (uint64_t)(body_size))

struct effort_label {
    uint32_t begin; /* offset of the instruction */
    uint32_t ways;  /* that lead to it */
    uint32_t arity; /* values that come with each */
    bool is_try;
    uint32_t table;    /* the br_table that was counted last, since it names labels repeatedly */
    int64_t set_count; /* locals set in the block, as far as they are not counted at blocks round it */
};

void effort_init(struct effort *effort, const struct wasm_module *module)
{
    uint32_t most = 0;

    for (uint32_t i = 0; i < module->func_count; i++)
        if (module->funcs[i].local_count > most)
            most = module->funcs[i].local_count;
    *effort = (struct effort){.module = module};
    effort->last_set = memory_alloc(((size_t)most + 1) * sizeof(*effort->last_set));
}

void effort_fini(struct effort *effort)
{
    free(effort->last_set);
    free(effort->labels);
}

static void push_label(struct effort *effort, uint32_t begin, uint32_t ways, uint32_t arity)
{
    if (effort->label_count == effort->label_capacity) {
        effort->label_capacity = effort->label_capacity ? 2 * effort->label_capacity : 64;
        effort->labels = memory_resize(effort->labels, effort->label_capacity * sizeof(*effort->labels));
    }
    effort->labels[effort->label_count++] = (struct effort_label){.begin = begin, .ways = ways, .arity = arity};
}

static void pop_label(struct effort *effort)
{
    struct effort_label *label = &effort->labels[--effort->label_count];

    effort->passed_values += (label->ways + 1) * (uint64_t)label->arity;
    if (label->ways > 1)
        effort->phi_operands += label->ways * (uint64_t)label->set_count;
    effort->open_tries -= label->is_try;
    if (effort->label_count > 0)
        label[-1].set_count += label->set_count;
}

/* The innermost of the open blocks that begin at or before `offset`; NULL where that is another function's. */
static struct effort_label *find_label(struct effort *effort, uint32_t offset)
{
    size_t low = 0, high = effort->label_count; /* those before `low` begin so early */

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (effort->labels[middle].begin <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &effort->labels[low - 1] : NULL;
}

static void set_local(struct effort *effort, uint32_t local, uint32_t offset)
{
    struct effort_label *both = find_label(effort, effort->last_set[local]);

    effort->labels[effort->label_count - 1].set_count++;
    if (both)
        both->set_count--;
    effort->last_set[local] = offset;
}

static struct effort_label *label_at(struct effort *effort, uint32_t depth)
{
    return &effort->labels[effort->label_count - 1 - depth];
}

static void count_table(struct effort *effort, const struct wasm_instr *instr)
{
    const struct wasm_module *module = effort->module;
    struct wasm_reader reader = {.module = module->bytes, .offset = instr->br_table.labels_at, .end = module->size};

    for (uint32_t i = 0; i <= instr->br_table.count; i++) {
        struct effort_label *label = label_at(effort, wasm_read_label(&reader));

        label->ways += label->table != instr->offset;
        label->table = instr->offset;
    }
}

static void begin_block(struct effort *effort, const struct wasm_instr *instr)
{
    uint32_t index = instr->block.type_index;
    const struct wasm_functype *type = index == WASM_BLOCK_INLINE ? NULL : &effort->module->types[index];
    bool is_loop = instr->op == WASM_OP_LOOP, is_try = instr->op == WASM_OP_TRY || instr->op == WASM_OP_TRY_TABLE;
    uint32_t results = type ? type->result_count : instr->block.result != 0;
    uint32_t params = type ? type->param_count : 0;

    push_label(effort, instr->offset, 1, is_loop ? params : results);
    effort->labels[effort->label_count - 1].is_try = is_try;
    effort->passed_values += params + (uint64_t)results;
    effort->loops += is_loop;
    effort->tries += is_try;
    effort->open_tries += is_try;
}

/* The type of the function that the instruction calls; NULL where it calls none. */
static const struct wasm_functype *called_type(const struct effort *effort, const struct wasm_instr *instr)
{
    const struct wasm_module *module = effort->module;

    switch (instr->op) {
    case WASM_OP_CALL:
    case WASM_OP_RETURN_CALL:
        return &module->types[module->funcs[instr->index].type];
    case WASM_OP_CALL_INDIRECT:
    case WASM_OP_RETURN_CALL_INDIRECT:
    case WASM_OP_CALL_REF:
    case WASM_OP_RETURN_CALL_REF:
        return &module->types[instr->index];
    default:
        return NULL;
    }
}

static void count_call(struct effort *effort, const struct wasm_instr *instr)
{
    const struct wasm_functype *type = called_type(effort, instr);

    if (!type)
        return;
    effort->passed_values += type->param_count + (uint64_t)type->result_count;
    effort->indirect_calls += instr->op == WASM_OP_CALL_INDIRECT;
    effort->handled_calls += effort->open_tries > 0;
}

static void add_instr(struct effort *effort, const struct wasm_instr *instr)
{
    if (wasm_begins_block(instr->op))
        begin_block(effort, instr);
    else if (wasm_ends_block(instr->op))
        pop_label(effort);
    else if (wasm_begins_part(instr->op))
        label_at(effort, 0)->ways++;
    else if (instr->op == WASM_OP_LOCAL_SET || instr->op == WASM_OP_LOCAL_TEE)
        set_local(effort, instr->index, instr->offset);
    else if (wasm_op_info[instr->op].imm == WASM_IMM_LABEL)
        label_at(effort, instr->index)->ways++;
    else if (wasm_op_info[instr->op].imm == WASM_IMM_BR_TABLE)
        count_table(effort, instr);
    else
        count_call(effort, instr);
}

int effort_is_too_large(struct effort *effort, const struct wasm_func *func, bool *is_too_large, struct err *err)
{
    struct wasm_reader reader = wasm_expr_reader(effort->module, func->body);
    struct wasm_instr instr;

    effort->phi_operands = effort->passed_values = 0;
    effort->loops = effort->indirect_calls = effort->tries = effort->open_tries = effort->handled_calls = 0;
    effort->label_count = 0;
    push_label(effort, func->body_offset, 0, effort->module->types[func->type].result_count);
    while (reader.offset < reader.end) {
        if (wasm_read_instr(&reader, &instr, err) < 0)
            return -1;
        add_instr(effort, &instr);
    }
    *is_too_large = func->body_size > BODY_LIMIT || effort->loops > LOOP_LIMIT || effort->tries > TRY_LIMIT ||
                    effort->handled_calls > HANDLED_CALL_LIMIT || effort->indirect_calls > INDIRECT_CALL_LIMIT ||
                    effort->phi_operands > PHI_OPERAND_LIMIT(func->body_size);
    return 0;
}
