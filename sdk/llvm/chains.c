/* chains.c: from the functions that call no such one upwards. */
#include "llvm/chains.h"

#include <stdlib.h>

#include "base/memory.h"

/* What an instruction is copied for at most. Of real programs few functions lie deeper. */
#define LENGTH_LIMIT 16u

struct link {
    uint32_t length;  /* of the longest chain below the function */
    uint32_t waiting; /* functions below it whose chains are not known yet */
};

static bool is_inlined(const struct plan *plan, uint32_t func)
{
    const struct plan_func *callee = &plan->funcs[func];

    return callee->calls == 1 && plan->funcs[callee->caller].unit == callee->unit;
}

/* From a function whose chains are known as far up as that makes others known. */
static void climb(struct plan *plan, struct link *links, uint32_t func)
{
    while (links[func].waiting == 0 && is_inlined(plan, func)) {
        struct link *above = &links[plan->funcs[func].caller];
        uint32_t length = links[func].length + 1;

        plan->funcs[func].ends_chain = length == LENGTH_LIMIT;
        if (length < LENGTH_LIMIT && length > above->length)
            above->length = length;
        above->waiting--;
        func = plan->funcs[func].caller;
    }
}

/* In a circle all wait for one another; LLVM ends with those by itself. */
void chains_cut(struct plan *plan, const struct wasm_module *wasm)
{
    struct link *links = memory_alloc(((size_t)wasm->func_count + 1) * sizeof(*links));
    bool *is_leaf = memory_alloc((size_t)wasm->func_count + 1);

    for (uint32_t i = wasm->imported_func_count; i < wasm->func_count; i++)
        if (is_inlined(plan, i))
            links[plan->funcs[i].caller].waiting++;
    for (uint32_t i = wasm->imported_func_count; i < wasm->func_count; i++)
        is_leaf[i] = links[i].waiting == 0;
    for (uint32_t i = wasm->imported_func_count; i < wasm->func_count; i++)
        if (is_leaf[i])
            climb(plan, links, i);
    free(is_leaf);
    free(links);
}
