/* symbols.c: looking up a function's name (symbols.h). Called in a panic, so it believes nothing. */
#include "symbols.h"

#include <stdbool.h>
#include <stddef.h>

#include <mewz/ksyms.h>

#include "arch/x86_64/layout.h"

/* The linker's second pass brings these; in the first, and without it, they are 0. */
extern const char mewz_ksyms_start[] __attribute__((weak));
extern const char mewz_ksyms_end[] __attribute__((weak));

static bool is_whole(const struct mewz_ksyms *table, uint64_t size)
{
    return size >= sizeof *table && table->magic == MEWZ_KSYMS_MAGIC &&
           sizeof *table + (uint64_t)table->count * sizeof(struct mewz_ksyms_entry) + table->names_size <= size;
}

const char *symbols_find(uint64_t address, uint64_t *offset)
{
    const struct mewz_ksyms *table = (const void *)mewz_ksyms_start;
    if (table == NULL || !is_whole(table, (uint64_t)(mewz_ksyms_end - mewz_ksyms_start)))
        return NULL;
    const struct mewz_ksyms_entry *entries = (const void *)(table + 1), *found = NULL;
    uint64_t code = address - LAYOUT_KERNEL_BASE;
    for (uint32_t i = 0; i < table->count && entries[i].code <= code; i++)
        found = &entries[i];
    if (found == NULL || found->name >= table->names_size || address >= (uint64_t)layout_rodata)
        return NULL;
    *offset = code - found->code;
    return (const char *)(entries + table->count) + found->name;
}
