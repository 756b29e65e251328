#include "wasm/print.h"

#include <string.h>

static void print_block(const struct wasm_block *block, struct buf *text)
{
    if (block->type_index != WASM_BLOCK_INLINE)
        buf_printf(text, " (type %u)", block->type_index);
    else if (block->result)
        buf_printf(text, " (result %s)", wasm_valtype_name(block->result).text);
}

static void print_try_table(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    static const char *const kinds[] = {"catch", "catch_ref", "catch_all", "catch_all_ref"};
    struct wasm_reader reader = {.module = module->bytes, .offset = instr->catches_at, .end = module->size};
    print_block(&instr->block, text);
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

static void print_func(const struct wasm_module *module, uint32_t index, struct buf *text)
{
    buf_printf(text, " %u", index);
    if (module->funcs[index].name)
        buf_printf(text, " ;; %s", module->funcs[index].name);
}

static void print_mem(const struct wasm_instr *instr, struct buf *text)
{
    if (instr->mem.memory)
        buf_printf(text, " %u", instr->mem.memory);
    if (instr->mem.offset)
        buf_printf(text, " offset=%lu", instr->mem.offset);
    if (instr->mem.align != wasm_op_info[instr->op].access)
        buf_printf(text, " align=%u", 1u << instr->mem.align);
}

/* In hexadecimal, which is exact; a NaN with its payload (section 6.3.2). */
static void print_float(double value, uint64_t payload, struct buf *text)
{
    if (value != value)
        buf_printf(text, " %snan:0x%lx", __builtin_signbit(value) ? "-" : "", payload);
    else
        buf_printf(text, " %a", value);
}

static void print_f32(uint32_t bits, struct buf *text)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    print_float(value, bits & 0x7fffff, text);
}

static void print_f64(uint64_t bits, struct buf *text)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    print_float(value, bits & 0xfffffffffffff, text);
}

/* Of the reference to it that cannot be null, "(ref func)", what stands behind the first word. */
static void print_heap_type(wasm_valtype type, struct buf *text)
{
    struct wasm_type_name name = wasm_valtype_name(WASM_MAKE_REF(WASM_REF_CODE, wasm_heap_type(type)));
    buf_printf(text, " %.*s", (int)strcspn(name.text + strlen("(ref "), ")"), name.text + strlen("(ref "));
}

static void print_bytes(const uint8_t bytes[16], struct buf *text)
{
    for (unsigned i = 0; i < 16; i++)
        buf_printf(text, " %u", bytes[i]);
}

void wasm_print_instr(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text)
{
    buf_printf(text, "%s", wasm_op_info[instr->op].name);
    switch (wasm_op_info[instr->op].imm) {
    case WASM_IMM_NONE:
    case WASM_IMM_FENCE:
        break;
    case WASM_IMM_BLOCK:
        print_block(&instr->block, text);
        break;
    case WASM_IMM_TRY_TABLE:
        print_try_table(module, instr, text);
        break;
    case WASM_IMM_FUNC:
        print_func(module, instr->index, text);
        break;
    case WASM_IMM_LABEL:
    case WASM_IMM_DELEGATE:
    case WASM_IMM_TYPE:
    case WASM_IMM_TAG:
    case WASM_IMM_LOCAL:
    case WASM_IMM_GLOBAL:
    case WASM_IMM_TABLE:
    case WASM_IMM_MEMORY:
    case WASM_IMM_ELEM:
    case WASM_IMM_DATA:
        buf_printf(text, " %u", instr->index);
        break;
    case WASM_IMM_TYPE_TABLE: /* the text format has the second one first here */
        buf_printf(text, " %u (type %u)", instr->index2, instr->index);
        break;
    case WASM_IMM_ELEM_TABLE:
    case WASM_IMM_DATA_MEMORY:
        buf_printf(text, " %u %u", instr->index2, instr->index);
        break;
    case WASM_IMM_TABLE_TABLE:
    case WASM_IMM_MEMORY_MEMORY:
        buf_printf(text, " %u %u", instr->index, instr->index2);
        break;
    case WASM_IMM_BR_TABLE:
        print_labels(module, instr, text);
        break;
    case WASM_IMM_SELECT:
        buf_printf(text, " (result %s)", wasm_valtype_name(instr->type).text);
        break;
    case WASM_IMM_HEAP_TYPE:
        print_heap_type(instr->type, text);
        break;
    case WASM_IMM_MEM:
    case WASM_IMM_MEM_ATOMIC:
        print_mem(instr, text);
        break;
    case WASM_IMM_MEM_LANE:
        print_mem(instr, text);
        buf_printf(text, " %u", instr->mem.lane);
        break;
    case WASM_IMM_LANE:
        buf_printf(text, " %u", instr->lane);
        break;
    case WASM_IMM_SHUFFLE:
        print_bytes(instr->bytes, text);
        break;
    case WASM_IMM_V128:
        buf_printf(text, " i8x16");
        print_bytes(instr->bytes, text);
        break;
    case WASM_IMM_I32:
    case WASM_IMM_I64:
        buf_printf(text, " %ld", instr->i64);
        break;
    case WASM_IMM_F32:
        print_f32((uint32_t)instr->i64, text);
        break;
    case WASM_IMM_F64:
        print_f64((uint64_t)instr->i64, text);
        break;
    }
}
