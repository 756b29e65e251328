/* handlers.c: see handlers.h. The tables are the compiler's own, and lie in read-only memory. */
#include "rt/handlers.h"

#include "rt/cfi.h"
#include "rt/reader.h"

struct table {
    uint64_t landing_base; /* handlers' addresses count from here */
    uint8_t call_encoding, type_encoding;
    const uint8_t *types; /* type 1 lies directly before this, type 2 before that */
    struct reader calls;
    const uint8_t *actions;
};

/* Nothing says where the tables end but what is in them. */
static struct reader reader_at(const uint8_t *at)
{
    return (struct reader){at, (const uint8_t *)UINTPTR_MAX};
}

static struct table read_header(const uint8_t *handlers, uint64_t function)
{
    struct table table = {.landing_base = function};
    struct reader reader = reader_at(handlers);
    uint8_t landing_encoding = (uint8_t)reader_fixed(&reader, 1);
    if (landing_encoding != CFI_ENCODING_OMIT)
        table.landing_base = cfi_read_encoded(&reader, landing_encoding);
    table.type_encoding = (uint8_t)reader_fixed(&reader, 1);
    if (table.type_encoding != CFI_ENCODING_OMIT) {
        uint64_t distance = reader_uleb(&reader);
        table.types = reader.at + distance;
    }
    table.call_encoding = (uint8_t)reader_fixed(&reader, 1);
    uint64_t size = reader_uleb(&reader);
    table.calls = (struct reader){reader.at, reader.at + size};
    table.actions = table.calls.end;
    return table;
}

/* Type number `index`: a tag, or NULL, which takes every exception. */
static const struct mewz_tag *read_type(const struct table *table, uint64_t index)
{
    unsigned size = (table->type_encoding & 0xf) == 0xb ? 4 : 8; /* sdata4, or a whole pointer */
    const uint8_t *place = table->types - index * size;
    struct reader raw = reader_at(place), reader = raw;
    if (reader_fixed(&raw, size) == 0)
        return NULL;
    uint64_t value = cfi_read_encoded(&reader, table->type_encoding);
    if (table->type_encoding & CFI_ENCODING_INDIRECT)
        value = *(const uint64_t *)value;
    return (const struct mewz_tag *)value;
}

/* The number of the first type in the chain of actions that takes the tag, or 0. `action` is 1 more than its place in
 * the table; 0 ends a chain, or says that there is only something to clean up, which wasm has not. */
static uint64_t find_selector(const struct table *table, uint64_t action, const struct mewz_tag *tag)
{
    const uint8_t *place = table->actions + action - 1;
    while (action) {
        struct reader reader = reader_at(place);
        int64_t type = reader_sleb(&reader);
        place = reader.at;
        int64_t next = reader_sleb(&reader);
        if (type > 0) {
            const struct mewz_tag *taken = read_type(table, (uint64_t)type);
            if (taken == NULL || taken == tag)
                return (uint64_t)type;
        }
        action = next != 0;
        place += next;
    }
    return 0;
}

bool handlers_find(const uint8_t *handlers, uint64_t function, uint64_t address, const struct mewz_tag *tag,
                   struct handler *handler)
{
    struct table table = read_header(handlers, function);
    uint64_t offset = address - function;
    while (table.calls.at < table.calls.end) {
        uint64_t start = cfi_read_encoded(&table.calls, table.call_encoding);
        uint64_t size = cfi_read_encoded(&table.calls, table.call_encoding);
        uint64_t landing = cfi_read_encoded(&table.calls, table.call_encoding);
        uint64_t action = reader_uleb(&table.calls);
        if (offset < start) /* they are in order: a call that is not there has no handler */
            return false;
        if (offset - start >= size)
            continue;
        handler->address = table.landing_base + landing;
        handler->selector = landing ? find_selector(&table, action, tag) : 0;
        return handler->selector != 0;
    }
    return false;
}
