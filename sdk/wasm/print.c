#include "wasm/print.h"

#include <string.h>

static void print_none(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    (void)module, (void)instr, (void)text;
}

static void print_block(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    (void)module;
    if (instr->block.type_index != WASM_BLOCK_INLINE)
        buf_printf(text, " (type %u)", instr->block.type_index);
    else if (instr->block.result)
        buf_printf(text, " (result %s)", wasm_valtype_name(instr->block.result).text);
}

static void print_try_table(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    static const char *const kinds[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
    struct wasm_reader reader = {.module = module->bytes, .offset = instr->catches_at, .end = module->size};

    print_block(module, instr, text);
    for (uint32_t i = 0; i < instr->catch_count; i++) {
        struct wasm_catch clause = wasm_read_catch(&reader);

        buf_printf(text, " (%s", kinds[clause.kind]);
        if (clause.kind <= WASM_CATCH_REF)
            buf_printf(text, " %u", clause.tag);
        buf_printf(text, " %u)", clause.label);
    }
}

static void print_labels(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    struct wasm_reader reader = {.module = module->bytes, .offset = instr->br_table.labels_at, .end = module->size};

    for (uint32_t i = 0; i <= instr->br_table.count; i++)
        buf_printf(text, " %u", wasm_read_label(&reader));
}

static void print_index(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    (void)module;
    buf_printf(text, " %u", instr->index);
}

static void print_indices(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    (void)module;
    buf_printf(text, " %u %u", instr->index, instr->index2);
}

/* The text format has the second index first here and in the next one. */
static void print_segment(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    (void)module;
    buf_printf(text, " %u %u", instr->index2, instr->index);
}

static void print_table_type(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    (void)module;
    buf_printf(text, " %u (type %u)", instr->index2, instr->index);
}

static void print_func(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    buf_printf(text, " %u", instr->index);
    if (module->funcs[instr->index].name)
        buf_printf(text, " ;; %s", module->funcs[instr->index].name);
}

static void print_mem(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    (void)module;
    if (instr->mem.memory)
        buf_printf(text, " %u", instr->mem.memory);
    if (instr->mem.offset)
        buf_printf(text, " offset=%lu", instr->mem.offset);
    if (instr->mem.align != wasm_op_info[instr->op].access)
        buf_printf(text, " align=%u", 1u << instr->mem.align);
}

static void print_mem_lane(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    print_mem(module, instr, text);
    buf_printf(text, " %u", instr->mem.lane);
}

static void print_lane(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    (void)module;
    buf_printf(text, " %u", instr->lane);
}

static void print_integer(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    (void)module;
    buf_printf(text, " %ld", instr->i64);
}

/* In hexadecimal, which is exact; a NaN with its payload (section 6.3.2). */
static void print_float(double value, uint64_t payload, struct buf *text)
{
    if (value != value)
        buf_printf(text, " %snan:0x%lx", __builtin_signbit(value) ? "-" : "", payload);
    else
        buf_printf(text, " %a", value);
}

static void print_f32(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    uint32_t bits = (uint32_t)instr->i64;
    float value;

    (void)module;
    memcpy(&value, &bits, sizeof value);
    print_float(value, bits & 0x7fffff, text);
}

static void print_f64(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    uint64_t bits = (uint64_t)instr->i64;
    double value;

    (void)module;
    memcpy(&value, &bits, sizeof value);
    print_float(value, bits & 0xfffffffffffff, text);
}

static void print_bytes(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    (void)module;
    for (unsigned i = 0; i < 16; i++)
        buf_printf(text, " %u", instr->bytes[i]);
}

static void print_v128(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    buf_printf(text, " i8x16");
    print_bytes(module, instr, text);
}

static void print_select(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    (void)module;
    buf_printf(text, " (result %s)", wasm_valtype_name(instr->type).text);
}

/* Of the reference to it that cannot be null, "(ref func)", what stands behind the first word. */
static void print_heap_type(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    struct wasm_type_name name = wasm_valtype_name(WASM_MAKE_REF(WASM_REF_CODE, wasm_heap_type(instr->type)));
    const char *type = name.text + strlen("(ref ");

    (void)module;
    buf_printf(text, " %.*s", (int)strcspn(type, ")"), type);
}

/* By the kind of immediate. */
static void (*const printers[])(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text) = {
    [WASM_IMM_NONE] = print_none,
    [WASM_IMM_FENCE] = print_none,
    [WASM_IMM_BLOCK] = print_block,
    [WASM_IMM_TRY_TABLE] = print_try_table,
    [WASM_IMM_FUNC] = print_func,
    [WASM_IMM_LABEL] = print_index,
    [WASM_IMM_DELEGATE] = print_index,
    [WASM_IMM_TYPE] = print_index,
    [WASM_IMM_TAG] = print_index,
    [WASM_IMM_LOCAL] = print_index,
    [WASM_IMM_GLOBAL] = print_index,
    [WASM_IMM_TABLE] = print_index,
    [WASM_IMM_MEMORY] = print_index,
    [WASM_IMM_ELEM] = print_index,
    [WASM_IMM_DATA] = print_index,
    [WASM_IMM_TYPE_TABLE] = print_table_type,
    [WASM_IMM_ELEM_TABLE] = print_segment,
    [WASM_IMM_DATA_MEMORY] = print_segment,
    [WASM_IMM_TABLE_TABLE] = print_indices,
    [WASM_IMM_MEMORY_MEMORY] = print_indices,
    [WASM_IMM_BR_TABLE] = print_labels,
    [WASM_IMM_SELECT] = print_select,
    [WASM_IMM_HEAP_TYPE] = print_heap_type,
    [WASM_IMM_MEM] = print_mem,
    [WASM_IMM_MEM_ATOMIC] = print_mem,
    [WASM_IMM_MEM_LANE] = print_mem_lane,
    [WASM_IMM_LANE] = print_lane,
    [WASM_IMM_SHUFFLE] = print_bytes,
    [WASM_IMM_V128] = print_v128,
    [WASM_IMM_I32] = print_integer,
    [WASM_IMM_I64] = print_integer,
    [WASM_IMM_F32] = print_f32,
    [WASM_IMM_F64] = print_f64,
};

void wasm_print_instr(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    const struct wasm_op_info *info = &wasm_op_info[instr->op];

    buf_printf(text, "%s", info->name);
    printers[info->imm](module, instr, text);
}
