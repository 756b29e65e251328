/* plan.c: cut the module into units and find out who refers to what, in one pass over all instructions. */
#include "llvm/plan.h"

#include "wasm/symbol.h"
#include "llvm/constant.h"

/* Bytes of function bodies a unit has at most, one larger function excepted. Smaller units keep more processors busy
 * and need less memory; larger ones let the optimiser inline more. */
#define UNIT_SIZE (64u << 10)

/* What a function costs besides, as if it were so many bytes of body: a module can have a million empty ones. */
#define FUNC_SIZE 32u

static uint32_t cut_units(struct plan *plan, const struct wasm_module *wasm)
{
    uint32_t unit = 0, size = 0;

    for (uint32_t i = wasm->imported_func_count; i < wasm->func_count; i++) {
        uint32_t body_size = wasm->funcs[i].body_size + FUNC_SIZE;

        if (size > 0 && body_size > UNIT_SIZE - size) {
            plan->first_func[++unit] = i;
            size = 0;
        }
        size = body_size < UNIT_SIZE - size ? size + body_size : UNIT_SIZE;
        plan->funcs[i].unit = unit;
    }
    plan->first_func[0] = wasm->imported_func_count;
    plan->first_func[unit + 1] = wasm->func_count;
    return unit + 1;
}

static void use_func(struct plan *plan, uint32_t func, uint32_t unit)
{
    if (plan->funcs[func].unit != unit)
        plan->funcs[func].is_shared = true;
}

/* A struct mewz_func is defined in unit 0, whoever asks for it. */
static void reference_func(struct plan *plan, uint32_t func)
{
    plan->funcs[func].is_referenced = true;
    use_func(plan, func, 0);
}

static void scan_instr(struct plan *plan, const struct wasm_instr *instr, uint32_t unit)
{
    switch (instr->op) {
    case WASM_OP_CALL:
        use_func(plan, instr->index, unit);
        break;
    case WASM_OP_REF_FUNC:
        reference_func(plan, instr->index);
        break;
    case WASM_OP_TABLE_GROW:
        plan->table_is_grown[instr->index] = true;
        plan->table_is_written[instr->index] = true;
        break;
    case WASM_OP_TABLE_SET:
    case WASM_OP_TABLE_FILL:
    case WASM_OP_TABLE_COPY:
        plan->table_is_written[instr->index] = true;
        break;
    case WASM_OP_TABLE_INIT:
        plan->elem_is_used[instr->index] = true;
        plan->table_is_written[instr->index2] = true;
        break;
    case WASM_OP_MEMORY_INIT:
        plan->data_is_used[instr->index] = true;
        break;
    default:
        break;
    }
}

static int scan_expr(struct plan *plan, const struct wasm_module *wasm, struct wasm_expr expr, uint32_t unit,
                     struct err *err)
{
    struct wasm_reader reader = wasm_expr_reader(wasm, expr);
    struct wasm_instr instr;

    while (reader.offset < reader.end) {
        if (wasm_read_instr(&reader, &instr, err) < 0)
            return -1;
        scan_instr(plan, &instr, unit);
    }
    return 0;
}

static int scan_elem(struct plan *plan, const struct wasm_module *wasm, const struct wasm_elem *elem, struct err *err)
{
    for (uint32_t i = 0; i < elem->count; i++) {
        if (elem->funcs)
            reference_func(plan, elem->funcs[i]);
        else if (scan_expr(plan, wasm, elem->exprs[i], 0, err) < 0)
            return -1;
    }
    return 0;
}

static int scan_module(struct plan *plan, const struct wasm_module *wasm, struct err *err)
{
    for (uint32_t i = wasm->imported_func_count; i < wasm->func_count; i++)
        if (scan_expr(plan, wasm, wasm->funcs[i].body, plan->funcs[i].unit, err) < 0)
            return -1;
    for (uint32_t i = 0; i < wasm->table_count; i++)
        if (scan_expr(plan, wasm, wasm->tables[i].init, 0, err) < 0)
            return -1;
    for (uint32_t i = wasm->imported_global_count; i < wasm->global_count; i++)
        if (scan_expr(plan, wasm, wasm->globals[i].init, 0, err) < 0)
            return -1;
    for (uint32_t i = 0; i < wasm->elem_count; i++)
        if (scan_elem(plan, wasm, &wasm->elems[i], err) < 0)
            return -1;
    for (uint32_t i = 0; i < wasm->export_count; i++)
        if (wasm->exports[i].kind == WASM_EXTERN_FUNC)
            use_func(plan, wasm->exports[i].index, 0);
    if (wasm->start != WASM_NO_INDEX)
        use_func(plan, wasm->start, 0);
    for (uint32_t unit = 1; unit < plan->unit_count; unit++) /* the code map finds a unit's code by this one */
        plan->funcs[plan->first_func[unit]].is_shared = true;
    return 0;
}

/* Modules that have exceptions, and those that call what nobody knows: functions of other modules may throw. */
static bool can_throw(const struct wasm_module *wasm, struct arena *arena)
{
    bool is_known = true;

    for (uint32_t i = 0; is_known && i < wasm->imported_func_count; i++)
        wasm_import_symbol(wasm, wasm->funcs[i].import, arena, &is_known);
    return !is_known || wasm->tag_count > 0 || wasm->features >> WASM_FEATURE_EXCEPTIONS & 1;
}

int plan_make(struct plan *plan, const struct wasm_module *wasm, struct arena *arena, struct err *err)
{
    uint32_t defined = wasm->func_count - wasm->imported_func_count;

    plan->first_func = arena_array(arena, (size_t)defined + 2, sizeof(*plan->first_func));
    plan->funcs = arena_array(arena, wasm->func_count, sizeof(*plan->funcs));
    plan->table_is_written = arena_array(arena, wasm->table_count, sizeof(bool));
    plan->table_is_grown = arena_array(arena, wasm->table_count, sizeof(bool));
    plan->elem_is_used = arena_array(arena, wasm->elem_count, sizeof(bool));
    plan->data_is_used = arena_array(arena, wasm->data_count, sizeof(bool));
    plan->global_values = arena_array(arena, wasm->global_count, sizeof(*plan->global_values));
    for (uint32_t i = 0; i < wasm->global_count; i++)
        plan->global_values[i] = constant_fold(wasm, plan->global_values, wasm->globals[i].init);
    plan->can_throw = can_throw(wasm, arena);
    plan->unit_count = cut_units(plan, wasm);
    return scan_module(plan, wasm, err);
}
