#include "wasm/canonical.h"

#include <sys/random.h>

/* The result does not depend on the seed; without it a module could be made whose types all fall into one slot. */
void canonical_init(struct canonical_set *set, struct wasm_module *module, struct arena *arena)
{
    uint32_t size = 16;
    while (size < 2 * module->type_count)
        size *= 2;
    *set = (struct canonical_set){.module = module, .mask = size - 1};
    set->slots = arena_array(arena, size, sizeof *set->slots);
    if (getrandom(&set->seed, sizeof set->seed, 0) < 0)
        set->seed = (uintptr_t)set->slots;
}

/* A reference of type `index` to itself is a number that no type has otherwise. */
static wasm_valtype without_self(wasm_valtype type, uint32_t index)
{
    enum { SELF = -2 };
    if (wasm_is_ref(type) && wasm_heap_type(type) == (int32_t)index)
        return WASM_MAKE_REF(type & 0xff, SELF);
    return type;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    unsigned __int128 product = (unsigned __int128)(hash ^ value) * 0x9e3779b97f4a7c15u;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t mix_types(uint64_t hash, const wasm_valtype *types, uint32_t count, uint32_t index)
{
    hash = mix(hash, count);
    for (uint32_t i = 0; i < count; i++)
        hash = mix(hash, without_self(types[i], index));
    return hash;
}

static bool types_equal(const wasm_valtype *a, uint32_t a_index, const wasm_valtype *b, uint32_t b_index,
                        uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (without_self(a[i], a_index) != without_self(b[i], b_index))
            return false;
    }
    return true;
}

static bool functypes_equal(const struct wasm_module *m, uint32_t a_index, uint32_t b_index)
{
    const struct wasm_functype *a = &m->types[a_index], *b = &m->types[b_index];
    return a->param_count == b->param_count && a->result_count == b->result_count &&
           types_equal(a->params, a_index, b->params, b_index, a->param_count) &&
           types_equal(a->results, a_index, b->results, b_index, a->result_count);
}

void canonical_add(struct canonical_set *set, uint32_t index)
{
    struct wasm_module *m = set->module;
    const struct wasm_functype *type = &m->types[index];
    uint64_t hash = mix_types(set->seed, type->params, type->param_count, index);
    hash = mix_types(hash, type->results, type->result_count, index);
    uint32_t slot = (uint32_t)hash & set->mask;
    while (set->slots[slot] && !functypes_equal(m, set->slots[slot] - 1, index))
        slot = (slot + 1) & set->mask;
    if (set->slots[slot] == 0)
        set->slots[slot] = index + 1;
    m->canonical[index] = set->slots[slot] - 1;
    m->types[index] = m->types[m->canonical[index]];
}
