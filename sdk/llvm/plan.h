/* plan.h: what the whole module needs to know before code is generated for parts of it.
 *
 * Code is generated in units: LLVM modules of their own, each with a run of consecutive functions, so that several
 * threads can work. Where the cuts lie depends on the module alone, never on the number of threads. Unit 0 also
 * holds the instance: globals, tables, segments and the descriptor (instance.h). */
#ifndef LLVM_PLAN_H
#define LLVM_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "wasm/bind.h"

struct plan_func {
    uint32_t unit;      /* which defines it; 0 for imports */
    uint32_t size;      /* of the work to make its code, about in bytes of a usual body */
    bool is_shared;     /* other units refer to it */
    bool is_referenced; /* its address is taken: it needs a struct mewz_func */
    bool is_plain;      /* too large an effort for the optimiser (effort.h) */
    bool ends_chain;    /* not to be inlined (chains.h) */
    uint32_t calls;     /* instructions that call it */
    uint32_t caller;    /* with one such instruction in a function: which */
};

struct source;

struct plan {
    uint32_t unit_count;  /* at least 1 */
    uint32_t *first_func; /* unit u has the functions from first_func[u] up to first_func[u + 1] */
    bool *unit_is_plain;  /* its code is generated without optimisation */
    uint32_t
        *order; /* of the units, the ones with most code first: begun last, one would keep a processor busy alone */
    struct plan_func *funcs;
    bool *table_is_shared;  /* with other instances: it is theirs, or they may import it */
    bool *table_is_written; /* an instruction, or instantiation, may change its elements */
    bool *table_is_grown;
    bool *global_is_variable;    /* the others are constants */
    bool *elem_is_used;          /* by table.init */
    bool *elem_is_known;         /* all its elements are constants; else instantiation fills them in */
    bool *data_is_used;          /* by memory.init */
    uint32_t initial_elem_count; /* segments before the first active one that has to wait for instantiation, or does
                                    not fit; these are initial values of tables */
    bool can_throw;              /* exceptions may pass through functions of the module */
    const struct source *source; /* with -g (source.h), else NULL */
    struct wasm_instr *global_values; /* what each global starts with; a global.get of itself where only instantiation
                                         will know it (constant.h) */
};

/* Makes the plan on the arena. It reads the code once, and fails where that is damaged (instr.h). */
int plan_make(struct plan *plan, const struct wasm_instance *instance, struct arena *arena, struct err *err);

#endif
