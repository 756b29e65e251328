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

/* Large functions of Go have one for a byte of body, those of C++ have 1.5 at most. */
#define PHI_OPERAND_LIMIT(body_size) (16384 + 4 * (uint64_t)(body_size))

struct effort_label {
    uint32_t begin;    /* offset of the instruction */
    uint32_t ways;     /* that lead to it */
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

static void push_label(struct effort *effort, uint32_t begin, uint32_t ways)
{
    if (effort->label_count == effort->label_capacity) {
        effort->label_capacity = effort->label_capacity ? 2 * effort->label_capacity : 64;
        effort->labels = memory_resize(effort->labels, effort->label_capacity * sizeof(*effort->labels));
    }
    effort->labels[effort->label_count++] = (struct effort_label){.begin = begin, .ways = ways};
}

static void pop_label(struct effort *effort)
{
    struct effort_label *label = &effort->labels[--effort->label_count];

    if (label->ways > 1)
        effort->phi_operands += label->ways * (uint64_t)label->set_count;
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

static void add_instr(struct effort *effort, const struct wasm_instr *instr)
{
    if (wasm_begins_block(instr->op))
        push_label(effort, instr->offset, 1);
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
    effort->loops += instr->op == WASM_OP_LOOP;
    effort->indirect_calls += instr->op == WASM_OP_CALL_INDIRECT;
}

int effort_is_too_large(struct effort *effort, const struct wasm_func *func, bool *is_too_large, struct err *err)
{
    struct wasm_reader reader = wasm_expr_reader(effort->module, func->body);
    struct wasm_instr instr;

    effort->phi_operands = effort->loops = effort->indirect_calls = 0;
    effort->label_count = 0;
    push_label(effort, func->body_offset, 0);
    while (reader.offset < reader.end) {
        if (wasm_read_instr(&reader, &instr, err) < 0)
            return -1;
        add_instr(effort, &instr);
    }
    *is_too_large = func->body_size > BODY_LIMIT || effort->loops > LOOP_LIMIT ||
                    effort->indirect_calls > INDIRECT_CALL_LIMIT ||
                    effort->phi_operands > PHI_OPERAND_LIMIT(func->body_size);
    return 0;
}
