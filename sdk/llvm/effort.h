/* effort.h: whether the optimiser's effort for a function is in proportion to the function's size.
 *
 * Some of LLVM's passes are not: what they do grows with the square of something that code can have much of. Programs
 * that people wrote stay far below these limits, the largest ones too; a function beyond one of them is not optimised
 * (docs/limits.md), so that no module takes for ever.
 *
 * The hardest to see are phis. Where several ways meet, LLVM makes one for each local that may differ between them,
 * with an operand for each way: a loop of n cases, each of which sets another local and goes on, has n * n of them in
 * code of size n. So an upper bound is counted in one pass over the instructions: at each label the ways that lead to
 * it, times the locals that are set in its block.
 *
 * What has to be made of a function, optimised or not, can be out of proportion too: a block or a call of two bytes can
 * have a thousand parameters and results. These are counted for a limit of the whole module. */
#ifndef LLVM_EFFORT_H
#define LLVM_EFFORT_H

#include <stdint.h>

#include "wasm/instr.h"
#include "wasm/module.h"

struct effort_label;

struct effort {
    const struct wasm_module *module;
    uint32_t
        *last_set; /* of each local, the offset of the last instruction that set it, or what another function left */
    struct effort_label *labels;
    size_t label_count, label_capacity;

    /* Of one function: */
    uint32_t open_tries; /* round the instruction */
    uint64_t phi_operands;
    uint64_t passed_values; /* parameters and results of blocks, for each way to a label, and of calls */
    uint32_t loops, indirect_calls, tries, handled_calls;
};

/* Of all functions together, whose bodies have so many bytes. Real programs have 0.1 a byte at most, Clang. */
#define EFFORT_PASSED_VALUES(bodies_size) (1000000 + 2 * (uint64_t)(bodies_size))

/* For the functions of this module, in their order. */
void effort_init(struct effort *effort, const struct wasm_module *module);
void effort_fini(struct effort *effort);

/* Sets `*is_too_large`. Fails only where wasm_read_instr does. */
int effort_is_too_large(struct effort *effort, const struct wasm_func *func, bool *is_too_large, struct err *err);

#endif
