/* plan.c: cut the module into units and find out who refers to what, in one pass over all instructions. */
#include "llvm/plan.h"

#include <stdlib.h>

#include "llvm/chains.h"
#include "llvm/constant.h"
#include "llvm/effort.h"

/* Bytes of function bodies a unit has at most, one larger function excepted. Smaller units keep more processors busy
 * and need less memory; larger ones let the optimiser inline more. */
#define UNIT_SIZE (64u << 10)

/* What a function costs besides, as if it were so many bytes of body: a module can have a million empty ones. */
#define FUNC_SIZE 32u

/* And so many values that blocks and calls pass, as if they were one byte. */
#define VALUES_PER_BYTE 16u

static void set_size(struct plan_func *plan, const struct wasm_func *func, const struct effort *effort)
{
    uint64_t size = func->body_size + FUNC_SIZE + effort->passed_values / VALUES_PER_BYTE;

    plan->size = size < UNIT_SIZE ? (uint32_t)size : UNIT_SIZE;
}

static int check_passed_values(const struct wasm_module *wasm, uint64_t count, uint64_t bodies_size, struct err *err)
{
    uint64_t limit = EFFORT_PASSED_VALUES(bodies_size);

    if (count <= limit)
        return 0;
    return err_set(
        err, "%s: too many values: blocks and calls have %lu parameters and results, the limit for this module is %lu",
        wasm->file, count, limit);
}

static int weigh_funcs(struct plan *plan, const struct wasm_module *wasm, struct err *err)
{
    struct effort effort;
    uint64_t values = 0, size = 0;
    int result = 0;

    effort_init(&effort, wasm);
    for (uint32_t i = wasm->imported_func_count; result == 0 && i < wasm->func_count; i++) {
        result = effort_is_too_large(&effort, &wasm->funcs[i], &plan->funcs[i].is_plain, err);
        set_size(&plan->funcs[i], &wasm->funcs[i], &effort);
        values += effort.passed_values;
        size += wasm->funcs[i].body_size;
    }
    effort_fini(&effort);
    return result < 0 ? -1 : check_passed_values(wasm, values, size, err);
}

static uint32_t cut_units(struct plan *plan, const struct wasm_module *wasm)
{
    uint32_t unit = 0, size = 0;

    for (uint32_t i = wasm->imported_func_count; i < wasm->func_count; i++) {
        bool changes = plan->unit_is_plain[unit] != plan->funcs[i].is_plain;

        if (size > 0 && (changes || plan->funcs[i].size > UNIT_SIZE - size)) {
            plan->first_func[++unit] = i;
            size = 0;
        }
        size += plan->funcs[i].size < UNIT_SIZE - size ? plan->funcs[i].size : UNIT_SIZE - size;
        plan->funcs[i].unit = unit;
        plan->unit_is_plain[unit] = plan->funcs[i].is_plain;
    }
    plan->first_func[0] = wasm->imported_func_count;
    plan->first_func[unit + 1] = wasm->func_count;
    return unit + 1;
}

struct unit_size {
    uint32_t unit;
    uint32_t size; /* of its functions' bodies */
};

static int compare_sizes(const void *a, const void *b)
{
    const struct unit_size *left = a, *right = b;

    if (left->size != right->size)
        return left->size > right->size ? -1 : 1;
    return left->unit < right->unit ? -1 : 1;
}

static void order_units(struct plan *plan, const struct wasm_module *wasm, struct arena *arena)
{
    struct unit_size *sizes = arena_array(arena, plan->unit_count, sizeof(*sizes));

    for (uint32_t i = wasm->imported_func_count; i < wasm->func_count; i++)
        sizes[plan->funcs[i].unit].size += wasm->funcs[i].body_size;
    for (uint32_t unit = 0; unit < plan->unit_count; unit++)
        sizes[unit].unit = unit;
    qsort(sizes, plan->unit_count, sizeof(*sizes), compare_sizes);
    plan->order = arena_array(arena, plan->unit_count, sizeof(*plan->order));
    for (uint32_t i = 0; i < plan->unit_count; i++)
        plan->order[i] = sizes[i].unit;
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

static void call_func(struct plan *plan, uint32_t func, uint32_t caller)
{
    use_func(plan, func, plan->funcs[caller].unit);
    plan->funcs[func].calls++;
    plan->funcs[func].caller = caller;
}

/* `func`: of which function the instruction is, if any. */
static void scan_instr(struct plan *plan, const struct wasm_instr *instr, uint32_t func)
{
    switch (instr->op) {
    case WASM_OP_CALL:
    case WASM_OP_RETURN_CALL:
        call_func(plan, instr->index, func);
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

static int scan_expr(struct plan *plan, const struct wasm_module *wasm, struct wasm_expr expr, uint32_t func,
                     struct err *err)
{
    struct wasm_reader reader = wasm_expr_reader(wasm, expr);
    struct wasm_instr instr;

    while (reader.offset < reader.end) {
        if (wasm_read_instr(&reader, &instr, err) < 0)
            return -1;
        scan_instr(plan, &instr, func);
    }
    return 0;
}

static int scan_elem(struct plan *plan, const struct wasm_module *wasm, const struct wasm_elem *elem, struct err *err)
{
    for (uint32_t i = 0; i < elem->count; i++) {
        if (elem->funcs)
            reference_func(plan, elem->funcs[i]);
        else if (scan_expr(plan, wasm, elem->exprs[i], WASM_NO_INDEX, err) < 0)
            return -1;
    }
    return 0;
}

static int scan_module(struct plan *plan, const struct wasm_module *wasm, struct err *err)
{
    for (uint32_t i = wasm->imported_func_count; i < wasm->func_count; i++)
        if (scan_expr(plan, wasm, wasm->funcs[i].body, i, err) < 0)
            return -1;
    for (uint32_t i = 0; i < wasm->table_count; i++)
        if (scan_expr(plan, wasm, wasm->tables[i].init, WASM_NO_INDEX, err) < 0)
            return -1;
    for (uint32_t i = wasm->imported_global_count; i < wasm->global_count; i++)
        if (scan_expr(plan, wasm, wasm->globals[i].init, WASM_NO_INDEX, err) < 0)
            return -1;
    for (uint32_t i = 0; i < wasm->elem_count; i++)
        if (scan_elem(plan, wasm, &wasm->elems[i], err) < 0)
            return -1;
    for (uint32_t i = 0; i < wasm->export_count; i++)
        if (wasm->exports[i].kind == WASM_EXTERN_FUNC)
            use_func(plan, wasm->exports[i].index, 0);
    if (wasm->start != WASM_NO_INDEX)
        use_func(plan, wasm->start, 0);
    return 0;
}

/* What a function or an initial value may be about, the instance's own or another one's. */
static void find_shared(struct plan *plan, const struct wasm_instance *instance)
{
    const struct wasm_module *wasm = instance->module;

    for (uint32_t i = 0; i < wasm->table_count; i++) {
        const struct wasm_binding *binding = wasm_binding_of(instance, wasm->tables[i].import);

        plan->table_is_shared[i] = binding && (binding->instance != instance || instance->is_shared);
    }
    for (uint32_t i = 0; instance->is_shared && i < wasm->export_count; i++) {
        const struct wasm_export *export = &wasm->exports[i];

        if (export->kind == WASM_EXTERN_FUNC)
            plan->funcs[export->index].is_shared = true;
        else if (export->kind == WASM_EXTERN_TABLE)
            plan->table_is_shared[export->index] = true;
        else if (export->kind == WASM_EXTERN_GLOBAL)
            plan->global_is_variable[export->index] = true;
    }
}

static bool is_own_table(const struct wasm_instance *instance, uint32_t index)
{
    const struct wasm_binding *binding = wasm_binding_of(instance, instance->module->tables[index].import);

    return !binding || binding->instance == instance;
}

static bool is_known(const struct plan *plan, const struct wasm_module *wasm, struct wasm_expr expr)
{
    struct wasm_instr value = constant_fold(wasm, plan->global_values, expr);

    return constant_is_known(&value);
}

static bool are_known(const struct plan *plan, const struct wasm_module *wasm, const struct wasm_elem *elem)
{
    for (uint32_t i = 0; elem->exprs && i < elem->count; i++)
        if (!is_known(plan, wasm, elem->exprs[i]))
            return false;
    return true;
}

/* Whether the elements of an active segment can be initial values of the instance's own table. */
static bool is_initial(const struct plan *plan, const struct wasm_instance *instance, const struct wasm_elem *elem)
{
    const struct wasm_module *wasm = instance->module;
    const struct wasm_limits *limits = &wasm->tables[elem->table].type.limits;
    struct wasm_instr value = constant_fold(wasm, plan->global_values, elem->offset);
    uint64_t offset = limits->is_64 ? (uint64_t)value.i64 : (uint32_t)value.i64;

    return is_own_table(instance, elem->table) && constant_is_known(&value) && offset <= limits->min &&
           elem->count <= limits->min - offset && plan->elem_is_known[elem - wasm->elems];
}

/* Segments in order: those from the first one on that has to wait write to their tables then. */
static void find_initial_elems(struct plan *plan, const struct wasm_instance *instance)
{
    const struct wasm_module *wasm = instance->module;
    bool waits = false;

    plan->initial_elem_count = 0;
    for (uint32_t i = 0; i < wasm->elem_count; i++) {
        const struct wasm_elem *elem = &wasm->elems[i];

        plan->elem_is_known[i] = are_known(plan, wasm, elem);
        waits |= elem->mode == WASM_SEGMENT_ACTIVE && !is_initial(plan, instance, elem);
        if (!waits)
            plan->initial_elem_count = i + 1;
        else if (elem->mode == WASM_SEGMENT_ACTIVE)
            plan->table_is_written[elem->table] = true;
    }
    for (uint32_t i = 0; i < wasm->table_count; i++)
        if (wasm->tables[i].init.size && !is_known(plan, wasm, wasm->tables[i].init))
            plan->table_is_written[i] = true;
}

static void find_global_values(struct plan *plan, const struct wasm_module *wasm)
{
    for (uint32_t i = 0; i < wasm->global_count; i++) {
        const struct wasm_global *global = &wasm->globals[i];
        struct wasm_instr *value = &plan->global_values[i];

        if (!global->import)
            *value = constant_fold(wasm, plan->global_values, global->init);
        if (global->import || !constant_is_known(value))
            *value = (struct wasm_instr){.op = WASM_OP_GLOBAL_GET, .index = i};
        if (global->type.is_mutable || !constant_is_known(value))
            plan->global_is_variable[i] = true;
    }
}

int plan_make(struct plan *plan, const struct wasm_instance *instance, struct arena *arena, struct err *err)
{
    const struct wasm_module *wasm = instance->module;
    uint32_t defined = wasm->func_count - wasm->imported_func_count;

    plan->first_func = arena_array(arena, (size_t)defined + 2, sizeof(*plan->first_func));
    plan->unit_is_plain = arena_array(arena, (size_t)defined + 2, sizeof(bool));
    plan->funcs = arena_array(arena, wasm->func_count, sizeof(*plan->funcs));
    plan->table_is_shared = arena_array(arena, wasm->table_count, sizeof(bool));
    plan->table_is_written = arena_array(arena, wasm->table_count, sizeof(bool));
    plan->table_is_grown = arena_array(arena, wasm->table_count, sizeof(bool));
    plan->global_is_variable = arena_array(arena, wasm->global_count, sizeof(bool));
    plan->elem_is_used = arena_array(arena, wasm->elem_count, sizeof(bool));
    plan->elem_is_known = arena_array(arena, wasm->elem_count, sizeof(bool));
    plan->data_is_used = arena_array(arena, wasm->data_count, sizeof(bool));
    plan->global_values = arena_array(arena, wasm->global_count, sizeof(*plan->global_values));
    find_global_values(plan, wasm);
    find_shared(plan, instance);
    find_initial_elems(plan, instance);
    plan->can_throw = instance->can_throw;
    if (weigh_funcs(plan, wasm, err) < 0)
        return -1;
    plan->unit_count = cut_units(plan, wasm);
    order_units(plan, wasm, arena);
    if (scan_module(plan, wasm, err) < 0)
        return -1;
    chains_cut(plan, wasm);
    return 0;
}
