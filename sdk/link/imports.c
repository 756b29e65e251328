#include "link/imports.h"

#include <string.h>

/* What wasi.def lists: the types there, for messages. */
static const struct {
    const char *symbol;
    const char *signature;
} known[] = {
#define WASI(module, name, signature, function) {#module "." #name, signature},
#include <mewz/wasi.def>
#undef WASI
};

const char **imports_list(const struct elf *object, struct arena *arena)
{
    const char **list = arena_array(arena, (size_t)object->symbol_count + 1, sizeof *list);
    size_t count = 0;
    for (unsigned i = 1; i < object->symbol_count; i++) {
        struct elf_symbol symbol = elf_symbol(object, i);
        /* The contract's other symbols (mewz_memory, memcpy) have no dot. */
        if (symbol.symbol.st_shndx == SHN_UNDEF && strchr(symbol.name, '.'))
            list[count++] = symbol.name;
    }
    return list;
}

/* The length of "module.function" in a symbol that may go on with ":iii:i". The type's letters are the last two
 * fields; whatever stands before them is the name, colons included. */
static size_t name_length(const char *symbol)
{
    const char *end = symbol + strlen(symbol);
    for (int colons = 0; end > symbol && colons < 2;) {
        end--;
        if (*end == ':')
            colons++;
        else if (!strchr("iIfFvre", *end))
            return strlen(symbol);
    }
    return end == symbol ? strlen(symbol) : (size_t)(end - symbol);
}

/* Whether row `i` is about the function of a name of that length. */
static bool is_row_of(size_t i, const char *symbol, size_t length)
{
    return strncmp(known[i].symbol, symbol, length) == 0 && known[i].symbol[length] == 0;
}

static bool is_listed(const char *symbol, size_t length)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (is_row_of(i, symbol, length))
            return true;
    return false;
}

enum import_state imports_find(const struct archive *archive, const char *symbol)
{
    if (archive_defines(archive, symbol))
        return IMPORT_FOUND;
    size_t length = name_length(symbol);
    return symbol[length] && is_listed(symbol, length) ? IMPORT_OTHER_TYPE : IMPORT_MISSING;
}

/* "ii:i" as "(i32, i32) -> (i32)". */
static void print_signature(struct buf *text, const char *signature)
{
    static const char *const names[] = {['i'] = "i32",  ['I'] = "i64",     ['f'] = "f32",      ['F'] = "f64",
                                        ['v'] = "v128", ['r'] = "funcref", ['e'] = "externref"};
    buf_printf(text, "(");
    for (const char *c = signature; *c; c++) {
        if (*c == ':')
            buf_printf(text, ") -> (");
        else
            buf_printf(text, "%s%s", c > signature && c[-1] != ':' ? ", " : "", names[(unsigned char)*c]);
    }
    buf_printf(text, ")");
}

/* Modules that other systems provide, and what to do instead. */
static const char *find_hint(const char *symbol)
{
    static const struct {
        const char *prefix, *hint;
    } hints[] = {
        {"wasi_unstable.", "it is WASI of before 2020; newer compilers say wasi_snapshot_preview1"},
        {"wasi_snapshot_preview2", "it is WASI's preview 2; compile for preview 1 (wasip1)"},
        {"wasi:", "it is WASI's preview 2; compile for preview 1 (wasip1)"},
        {"wasix_", "WASIX is Wasmer's; compile for WASI (wasip1)"},
        {"gojs.", "it is Go's for browsers; compile with GOOS=wasip1"},
        {"go.", "it is Go's for browsers; compile with GOOS=wasip1"},
        {"wbg.", "wasm-bindgen is for JavaScript; compile for wasm32-wasip1 without it"},
        {"__wbindgen", "wasm-bindgen is for JavaScript; compile for wasm32-wasip1 without it"},
        {"wasi_ephemeral_", "it is WasmEdge's or another runtime's plugin"},
        {"env.emscripten_", "it is Emscripten's for JavaScript; compile with -sSTANDALONE_WASM, or with wasi-sdk"},
        {"env.__syscall_", "it is Emscripten's for JavaScript; compile with -sSTANDALONE_WASM, or with wasi-sdk"},
        {"env.", "whoever compiled the program left it to the host; --import-object gives one of your own"},
    };
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
        if (strncmp(symbol, hints[i].prefix, strlen(hints[i].prefix)) == 0)
            return hints[i].hint;
    return NULL;
}

void imports_explain(const char *symbol, enum import_state state, const char *system, struct buf *text)
{
    size_t length = name_length(symbol);
    buf_printf(text, "import %.*s: ", (int)length, symbol);
    if (state == IMPORT_MISSING) {
        const char *hint = find_hint(symbol);
        buf_printf(text, "%s does not have it%s%s", system, hint ? ": " : " yet", hint ? hint : "");
        return;
    }
    buf_printf(text, "the program wants ");
    print_signature(text, symbol + length + 1);
    const char *before = ", but its type is ";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!is_row_of(i, symbol, length))
            continue;
        buf_printf(text, "%s", before);
        print_signature(text, known[i].signature);
        before = " or ";
    }
}
