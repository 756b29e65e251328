#include "link/ksyms.h"

#include <stdlib.h>
#include <string.h>

#include <mewz/ksyms.h>

#include "base/memory.h"

struct function {
    uint32_t code;
    const char *name;
};

static int compare(const void *a, const void *b)
{
    const struct function *left = a, *right = b;
    if (left->code != right->code)
        return left->code < right->code ? -1 : 1;
    return strcmp(left->name, right->name);
}

/* The program's functions are named `wasm.…`, its imports' implementations `module.function`: the first have their
 * own map, the second are functions of the kernel. */
static bool is_kernel_function(const struct elf_symbol *symbol)
{
    return ELF64_ST_TYPE(symbol->symbol.st_info) == STT_FUNC && symbol->symbol.st_shndx != SHN_UNDEF &&
           strncmp(symbol->name, "wasm.", 5) != 0;
}

static size_t collect(const struct elf *kernel, uint64_t base, struct function *functions)
{
    size_t count = 0;
    for (unsigned i = 1; i < kernel->symbol_count; i++) {
        struct elf_symbol symbol = elf_symbol(kernel, i);
        uint64_t code = symbol.symbol.st_value - base;
        if (is_kernel_function(&symbol) && code <= UINT32_MAX)
            functions[count++] = (struct function){(uint32_t)code, symbol.name};
    }
    qsort(functions, count, sizeof *functions, compare);
    return count;
}

void ksyms_encode(const struct elf *kernel, struct buf *out)
{
    struct elf_symbol base;
    struct function *functions = memory_alloc(kernel->symbol_count * sizeof *functions);
    size_t count = 0;
    if (elf_find_symbol(kernel, "mewz_kernel_base", &base))
        count = collect(kernel, base.symbol.st_value, functions);
    struct buf names = {0};
    struct mewz_ksyms header = {.magic = MEWZ_KSYMS_MAGIC, .count = (uint32_t)count};
    size_t start = out->size;
    buf_append(out, &header, sizeof header);
    for (size_t i = 0; i < count; i++) {
        buf_u32(out, functions[i].code);
        buf_u32(out, (uint32_t)names.size);
        buf_append(&names, functions[i].name, strlen(functions[i].name) + 1);
    }
    buf_append(out, names.data, names.size);
    header.names_size = (uint32_t)names.size;
    memcpy(out->data + start, &header, sizeof header);
    buf_free(&names);
    free(functions);
}
