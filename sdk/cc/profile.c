/* The program's functions are named by its code map, which also tells those that were inlined; the kernel's by the
 * symbol table. */
#include "cc/profile.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cc/flame.h"
#include "link/program_code.h"

#include <mewz/profile.h>

struct function {
    uint64_t start, end;
    struct flame_frame frame;
    const struct program_func *func; /* of the program; NULL for the kernel's */
    const struct program_row *rows;
};

struct names {
    const struct elf *kernel;
    struct program_code code;
    struct function *functions; /* in ascending order */
    size_t count;
    uint64_t base;
    struct arena *arena;
};

/* --- the functions --- */

static int compare_functions(const void *a, const void *b)
{
    const struct function *left = a, *right = b;
    return left->start < right->start ? -1 : left->start > right->start;
}

static const char *name_func(const struct program_func *func, struct arena *arena)
{
    return *func->name ? func->name : arena_printf(arena, "func[%u]", func->index);
}

static void add_program(struct names *names)
{
    for (size_t i = 0; i < names->code.func_count; i++) {
        const struct program_func *func = &names->code.funcs[i];
        if (func->code_size)
            names->functions[names->count++] = (struct function){
                .start = func->address,
                .end = func->address + func->code_size,
                .frame = {.name = name_func(func, names->arena)},
                .func = func,
            };
    }
}

/* Where two symbols name the same place, either will do. The program's own are named `wasm.…` (link/ksyms.c). */
static void add_kernel(struct names *names)
{
    for (unsigned i = 1; i < names->kernel->symbol_count; i++) {
        struct elf_symbol symbol = elf_symbol(names->kernel, i);
        if (ELF64_ST_TYPE(symbol.symbol.st_info) == STT_FUNC && symbol.symbol.st_size > 0 &&
            strncmp(symbol.name, "wasm.", 5) != 0)
            names->functions[names->count++] = (struct function){
                .start = symbol.symbol.st_value,
                .end = symbol.symbol.st_value + symbol.symbol.st_size,
                .frame = {.name = symbol.name, .is_kernel = true},
            };
    }
}

static void names_read(struct names *names, const struct elf *kernel, struct arena *arena)
{
    struct elf_symbol base = {0};
    *names = (struct names){.kernel = kernel, .arena = arena};
    program_code_read(kernel, &names->code, arena);
    names->functions = arena_array(arena, names->code.func_count + kernel->symbol_count + 1, sizeof *names->functions);
    add_program(names);
    add_kernel(names);
    qsort(names->functions, names->count, sizeof *names->functions, compare_functions);
    if (elf_find_symbol(kernel, "mewz_kernel_base", &base))
        names->base = base.symbol.st_value;
}

static struct function *find_function(const struct names *names, uint64_t address)
{
    size_t low = 0, high = names->count; /* functions before `low` begin at or below the address */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (names->functions[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    struct function *found = low > 0 ? &names->functions[low - 1] : NULL;
    return found && address < found->end ? found : NULL;
}

/* The function of the program whose body in the module the instruction comes from; NULL where that is `function`. */
static const struct program_func *find_inlined(const struct names *names, struct function *function, uint64_t address)
{
    const struct program_func *func = function->func;
    uint32_t offset = func ? func->wasm_offset : 0;
    if (func && !function->rows)
        function->rows = program_code_rows(names->kernel, func, names->arena);
    for (uint32_t i = 0; func && function->rows && i < func->row_count && function->rows[i].address <= address; i++)
        offset = function->rows[i].wasm_offset;
    if (!func || offset - func->wasm_offset < func->wasm_size)
        return NULL;
    for (size_t i = 0; i < names->code.func_count; i++) {
        const struct program_func *other = &names->code.funcs[i];
        if (other->module == func->module && offset >= other->wasm_offset &&
            offset - other->wasm_offset < other->wasm_size)
            return other;
    }
    return NULL;
}

/* --- the stacks --- */

static void add_stack(struct flame *flame, const struct names *names, const struct mewz_profile_stack *stack)
{
    struct flame_frame frames[2 * MEWZ_PROFILE_DEPTH];
    size_t depth = 0;
    for (uint32_t i = stack->depth; i-- > 0;) {
        uint64_t address = names->base + stack->frames[i];
        struct function *function = find_function(names, address);
        frames[depth++] = function ? function->frame : (struct flame_frame){.name = "?", .is_kernel = true};
        const struct program_func *inlined = function ? find_inlined(names, function, address) : NULL;
        if (inlined)
            frames[depth++] = (struct flame_frame){.name = name_func(inlined, names->arena), .is_inlined = true};
    }
    flame_add(flame, frames, depth, stack->count);
}

static void draw(const struct mewz_profile *table, const struct elf *kernel, const char *program, struct buf *svg)
{
    struct arena arena = {0};
    struct flame flame = {.arena = &arena};
    struct names names;
    names_read(&names, kernel, &arena);
    for (size_t i = 0; i < MEWZ_PROFILE_SLOTS; i++)
        if (table->stacks[i].count && table->stacks[i].depth <= MEWZ_PROFILE_DEPTH)
            add_stack(&flame, &names, &table->stacks[i]);
    const char *lost = table->lost ? arena_printf(&arena, ", %u of them lost", table->lost) : "";
    flame_write(&flame,
                arena_printf(&arena, "%s: %u samples%s, %d in each second that it computed", program, table->taken,
                             lost, MEWZ_PROFILE_HZ),
                svg);
    arena_free(&arena);
}

int profile_draw(const struct profile *profile, const struct elf *kernel, const char *program, struct buf *svg,
                 struct err *err)
{
    struct mewz_profile *table = malloc(sizeof *table);
    if (!table || pread(profile->fd, table, sizeof *table, 0) != (ssize_t)sizeof *table)
        err_set(err, "the profile could not be read from the machine, which ended by itself");
    else
        draw(table, kernel, program, svg);
    free(table);
    return err->set ? -1 : 0;
}
