/* A function's instructions, and below each the native ones that it became. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cc/compiler.h"
#include "cc/inspect.h"
#include "cc/suggest.h"
#include "wasm/print.h"

struct native {           /* an instruction */
    uint32_t wasm_offset; /* where it comes from */
    uint64_t offset;      /* in the function's native code */
    const char *text;
};

struct listing {
    const struct inspect_program *program;
    const struct wasm_module *module;
    const struct program_func *func;
    const struct program_row *rows, *rows_end; /* the ones that are left while `natives` grows */
    struct buf natives;                        /* struct native, in the end by where they come from */
    uint32_t wasm_offset;                      /* of the row before */
    struct arena *arena;
};

/* --- which function --- */

static uint32_t parse_index(const struct wasm_module *module, const char *text)
{
    char *end;
    unsigned long index = strtoul(text, &end, 10);
    return isdigit((unsigned char)*text) && *end == 0 && index < module->func_count ? (uint32_t)index : WASM_NO_INDEX;
}

static uint32_t find_name(const struct wasm_module *module, const char *name)
{
    for (uint32_t i = 0; i < module->func_count; i++)
        if (module->funcs[i].name && strcmp(module->funcs[i].name, name) == 0)
            return i;
    return WASM_NO_INDEX;
}

static int refuse_name(const struct wasm_module *module, const char *name, struct arena *arena, struct err *err)
{
    const char **names = arena_array(arena, module->func_count + 1ul, sizeof *names);
    size_t count = 0;
    for (uint32_t i = module->imported_func_count; i < module->func_count; i++)
        if (module->funcs[i].name)
            names[count++] = module->funcs[i].name;
    const char *nearest = suggest_nearest(name, names, count);
    if (nearest)
        return err_set(err, "%s: no function %s, did you mean %s?", module->file, name, nearest);
    return err_set(err, "%s: no function %s among its %u (see inspect --sizes)", module->file, name,
                   module->func_count);
}

static int find_function(const struct wasm_module *module, const char *function, uint32_t *index, struct arena *arena,
                         struct err *err)
{
    *index = find_name(module, function);
    if (*index == WASM_NO_INDEX)
        *index = parse_index(module, function);
    if (*index == WASM_NO_INDEX)
        return refuse_name(module, function, arena, err);
    if (module->funcs[*index].import)
        return err_set(err, "%s: function %s is an import, which has no code here", module->file, function);
    return 0;
}

static const struct program_func *find_code(const struct program_code *code, uint32_t index)
{
    for (size_t i = 0; i < code->func_count; i++)
        if (code->funcs[i].index == index)
            return &code->funcs[i];
    return NULL;
}

/* --- native code --- */

/* The function of the program, or of the system, that begins there. Places inside of this one have no names. */
static const char *name_target(void *context, uint64_t target)
{
    const struct listing *listing = context;
    const struct inspect_program *program = listing->program;
    uint64_t address = listing->func->address + target;
    if (target > 0 && target < listing->func->code_size)
        return NULL;
    for (size_t i = 0; i < program->code.func_count; i++)
        if (program->code.funcs[i].address == address && program->code.funcs[i].code_size)
            return program->code.funcs[i].name;
    for (unsigned i = 0; i < program->elf.symbol_count; i++) {
        struct elf_symbol symbol = elf_symbol(&program->elf, i);
        if (symbol.symbol.st_value == address && ELF64_ST_TYPE(symbol.symbol.st_info) == STT_FUNC)
            return symbol.name;
    }
    return NULL;
}

static void add_native(void *context, uint64_t offset, const char *text)
{
    struct listing *listing = context;
    for (; listing->rows < listing->rows_end && listing->rows->address <= listing->func->address + offset;
         listing->rows++)
        listing->wasm_offset = listing->rows->wasm_offset;
    size_t mnemonic = strcspn(text, "\t");
    const char *columns = arena_printf(listing->arena, "%-7.*s%s%s", (int)mnemonic, text, text[mnemonic] ? " " : "",
                                       text[mnemonic] ? text + mnemonic + 1 : "");
    struct native native = {listing->wasm_offset, offset, inspect_printable(columns, strlen(columns), listing->arena)};
    buf_append(&listing->natives, &native, sizeof native);
}

static int compare_natives(const void *a, const void *b)
{
    const struct native *left = a, *right = b;
    if (left->wasm_offset != right->wasm_offset)
        return left->wasm_offset < right->wasm_offset ? -1 : 1;
    return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static int disassemble(struct listing *listing, struct err *err)
{
    const struct program_func *func = listing->func;
    struct disassembly disassembly = {
        .code = elf_at_address(&listing->program->elf, func->address, func->code_size),
        .size = func->code_size,
        .name = name_target,
        .instruction = add_native,
        .context = listing,
    };
    listing->wasm_offset = func->wasm_offset;
    listing->rows = program_code_rows(&listing->program->elf, func, listing->arena);
    if (!disassembly.code || !listing->rows)
        return err_set(err, "%s: the code of %s is not in the program", listing->module->file, func->name);
    listing->rows_end = listing->rows + func->row_count;
    if (compiler_disassemble(&disassembly, err) != 0)
        return -1;
    if (listing->natives.size)
        qsort(listing->natives.data, listing->natives.size / sizeof(struct native), sizeof(struct native),
              compare_natives);
    return 0;
}

/* --- both, side by side --- */

/* The native instructions that come from offsets in the module from `begin` on and before `end`. */
struct natives {
    const struct native *first, *last; /* behind the last one */
};

static const struct native *first_from(const struct listing *listing, uint32_t wasm_offset)
{
    const struct native *natives = (const struct native *)listing->natives.data;
    size_t low = 0, high = listing->natives.size / sizeof *natives;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (natives[middle].wasm_offset < wasm_offset)
            low = middle + 1;
        else
            high = middle;
    }
    return natives + low;
}

static struct natives find_natives(const struct listing *listing, uint32_t begin, uint32_t end)
{
    if (listing->natives.size == 0)
        return (struct natives){0};
    return (struct natives){first_from(listing, begin), first_from(listing, end)};
}

static bool has_natives(const struct listing *listing, uint32_t begin, uint32_t end)
{
    struct natives natives = find_natives(listing, begin, end);
    return natives.first < natives.last;
}

static cJSON *print_natives(const struct listing *listing, uint32_t begin, uint32_t end)
{
    struct natives natives = find_natives(listing, begin, end);
    cJSON *list = cJSON_CreateArray();
    for (; natives.first < natives.last; natives.first++) {
        cJSON *json = inspect_numbers("offset", natives.first->offset, NULL);
        cJSON_AddStringToObject(json, "text", natives.first->text);
        cJSON_AddItemToArray(list, json);
        inspect_print("", "%8s%6lx  %s", "", natives.first->offset, natives.first->text);
    }
    return list;
}

static void print_place(const struct listing *listing, uint32_t begin, uint32_t end, const char *text)
{
    inspect_print(arena_printf(listing->arena, "0x%08x", begin), "%s", text);
    cJSON *json = inspect_numbers("offset", (uint64_t)begin, NULL);
    cJSON_AddStringToObject(json, "text", text);
    cJSON_AddItemToObject(json, "native", print_natives(listing, begin, end));
    inspect_append("instructions", json);
}

/* All of a function, or only what became something. Validation has read the instructions already. */
static void print_body(const struct listing *listing, const struct wasm_func *func, bool is_whole)
{
    struct wasm_reader reader = wasm_expr_reader(listing->module, func->body);
    struct wasm_instr instr;
    struct err ignored = {0};
    if (has_natives(listing, func->body_offset, reader.offset))
        print_place(listing, func->body_offset, reader.offset, "entry");
    while (reader.offset < reader.end && wasm_read_instr(&reader, &instr, &ignored) == 0) {
        struct buf text = {0};
        if (!is_whole && !has_natives(listing, instr.offset, reader.offset))
            continue;
        wasm_print_instr(listing->module, &instr, &text);
        buf_byte(&text, 0);
        print_place(listing, instr.offset, reader.offset, (const char *)text.data);
        buf_free(&text);
    }
}

static const char *func_title(const struct wasm_module *module, uint32_t index, struct arena *arena)
{
    const char *name = module->funcs[index].name;
    return arena_printf(arena, "%u%s%s", index, name ? " " : "", name ? name : "");
}

static void print_listing(const struct listing *listing, uint32_t index)
{
    const struct wasm_module *module = listing->module;
    const struct program_func *func = listing->func;
    inspect_print("function", "%s: %u bytes of wasm, %u native%s", func_title(module, index, listing->arena),
                  func->wasm_size, func->code_size, func->code_size ? "" : ": nothing calls it, or it was inlined");
    inspect_set("function", cJSON_CreateNumber(index));
    inspect_set("size", inspect_numbers("native", (uint64_t)func->code_size, "wasm", (uint64_t)func->wasm_size, NULL));
    print_body(listing, &module->funcs[index], true);
    for (uint32_t i = module->imported_func_count; i < module->func_count; i++) {
        const struct wasm_func *other = &module->funcs[i];
        if (i == index || !has_natives(listing, other->body_offset, other->body_offset + other->body_size))
            continue;
        inspect_print("inlined", "%s", func_title(module, i, listing->arena));
        print_body(listing, other, false);
    }
}

int inspect_function(const struct driver *driver, const struct wasm_module *module, const char *function,
                     struct arena *arena, struct err *err)
{
    struct inspect_program program;
    uint32_t index;
    if (find_function(module, function, &index, arena, err) != 0 ||
        inspect_open_program(&program, driver, arena, err) != 0)
        return -1;
    struct listing listing = {.program = &program, .module = module, .arena = arena};
    listing.func = find_code(&program.code, index);
    int result =
        listing.func ? disassemble(&listing, err) : err_set(err, "%s: function %u has no code", module->file, index);
    if (result == 0)
        print_listing(&listing, index);
    buf_free(&listing.natives);
    inspect_close_program(&program);
    return result;
}
