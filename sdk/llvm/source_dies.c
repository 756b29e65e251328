/* source_dies.c: see source_dies.h. A module may say anything: its DIEs need not end, nor be a tree. */
#include "llvm/source_dies.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define DEPTH_LIMIT 32   /* of namespaces and classes in one another */
#define PATH_LIMIT  1024 /* bytes */

struct search {
    uint32_t code_offset;
    struct arena *arena;
    struct buf funcs, globals, scopes;
};

static void add_func(struct search *search, const struct die *die)
{
    struct source_func func = {.die = die->offset};
    uint64_t low;

    if (!die_number(die, DW_AT_low_pc, &low) || low == 0 || low > UINT32_MAX - search->code_offset)
        return; /* a declaration, or left out by the linker */
    func.offset = search->code_offset + (uint32_t)low;
    buf_append(&search->funcs, &func, sizeof(func));
}

static void add_global(struct search *search, const struct die *die)
{
    uint64_t offset = die->offset;

    if (die_has(die, DW_AT_location))
        buf_append(&search->globals, &offset, sizeof(offset));
}

static struct source_scope *scope_at(const struct search *search, uint32_t scope)
{
    return (struct source_scope *)(void *)search->scopes.data + scope - 1;
}

/* Returns its index + 1, as `parent` is one. */
static uint32_t add_scope(struct search *search, const struct die *die, uint32_t parent, uint64_t end)
{
    struct source_scope scope = {.begin = die->offset, .end = end, .parent = parent};
    const char *name = die_name(die), *before = parent > 0 ? scope_at(search, parent)->path : "";
    size_t size = strlen(before) + strnlen(name, PATH_LIMIT);

    if (*name == 0 && die_tag(die) == DW_TAG_namespace)
        name = "(anonymous namespace)";
    scope.path = size < PATH_LIMIT && *name != 0 && die_spend(die->reader, size)
                     ? arena_printf(search->arena, "%s%s::", before, name)
                     : before;
    buf_append(&search->scopes, &scope, sizeof(scope));
    return (uint32_t)(search->scopes.size / sizeof(scope));
}

static void search_below(struct search *search, const struct die *parent, uint32_t scope, uint64_t end, unsigned depth)
{
    uint32_t inner = 0;
    struct die die;

    if (depth == DEPTH_LIMIT || !die_child(parent, &die))
        return;
    do {
        if (inner > 0)
            scope_at(search, inner)->end = die.offset;
        inner = 0;
        switch (die_tag(&die)) {
        case DW_TAG_subprogram:
            add_func(search, &die);
            break;
        case DW_TAG_variable:
            add_global(search, &die);
            break;
        case DW_TAG_namespace:
        case DW_TAG_module:
        case DW_TAG_structure_type:
        case DW_TAG_class_type:
        case DW_TAG_union_type:
            inner = add_scope(search, &die, scope, end);
            search_below(search, &die, inner, end, depth + 1);
            break;
        default:
            break;
        }
    } while (die_next(&die));
}

static bool is_cplus(const struct die *unit)
{
    static const uint8_t languages[] = {DW_LANG_C_plus_plus,    DW_LANG_C_plus_plus_03, DW_LANG_C_plus_plus_11,
                                        DW_LANG_C_plus_plus_14, DW_LANG_C_plus_plus_17, DW_LANG_C_plus_plus_20};
    uint64_t language;

    return die_number(unit, DW_AT_language, &language) && language <= UINT8_MAX &&
           memchr(languages, (int)language, sizeof(languages));
}

static int compare_funcs(const void *a, const void *b)
{
    const struct source_func *left = a, *right = b;

    if (left->offset != right->offset)
        return left->offset < right->offset ? -1 : 1;
    return left->die < right->die ? -1 : left->die > right->die;
}

void source_find_dies(struct source *source, const struct wasm_module *wasm, struct arena *arena)
{
    const struct die_info *info = die_info_read(wasm, arena);
    struct die_reader reader = die_reader_make(info);
    struct search search = {.code_offset = source->code_offset, .arena = arena};
    struct die unit;

    source->dies = info;
    for (uint32_t i = 0; i < info->unit_count; i++)
        if (die_of_unit(&reader, i, &unit)) {
            source->is_cplus |= is_cplus(&unit);
            search_below(&search, &unit, 0, die_unit_end(&unit), 0);
        }
    source->func_count = (uint32_t)(search.funcs.size / sizeof(struct source_func));
    source->global_count = (uint32_t)(search.globals.size / sizeof(uint64_t));
    source->scope_count = (uint32_t)(search.scopes.size / sizeof(struct source_scope));
    source->scopes = arena_take(arena, &search.scopes);
    source->funcs = arena_take(arena, &search.funcs);
    source->globals = arena_take(arena, &search.globals);
    if (source->func_count > 0)
        qsort(source->funcs, source->func_count, sizeof(*source->funcs), compare_funcs);
}

/* Of a completed declaration, where that is declared. Scopes lie in the order of the DIEs, but where a module is
 * damaged; then the paths are wrong. */
const char *source_path(const struct source *source, const struct die *die)
{
    uint64_t offset = die->offset;
    uint32_t low = 0, high = source->scope_count, scope; /* scopes before `low` begin before the DIE */
    struct die declaration;

    if (die_reference(die, DW_AT_specification, &declaration))
        offset = declaration.offset;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (source->scopes[middle].begin < offset)
            low = middle + 1;
        else
            high = middle;
    }
    scope = low;
    for (uint32_t outer = low; outer > 0; outer = source->scopes[outer - 1].parent)
        if (offset >= source->scopes[outer - 1].end)
            scope = source->scopes[outer - 1].parent;
    return scope > 0 ? source->scopes[scope - 1].path : "";
}
