#include "wasm/instr.h"

#include <string.h>

#include "wasm/reader.h"

const struct wasm_op_info wasm_op_info[WASM_OP_COUNT] = {
#define OP(op, text, op_prefix, op_code, op_imm, op_signature, op_feature, op_access, ...)                             \
    [WASM_OP_##op] = {.name = text,                                                                                    \
                      .prefix = op_prefix,                                                                             \
                      .code = op_code,                                                                                 \
                      .imm = WASM_IMM_##op_imm,                                                                        \
                      .signature = op_signature,                                                                       \
                      .feature = WASM_FEATURE_##op_feature,                                                            \
                      .access = op_access},
#include "wasm/opcodes.def"
#undef OP
};

/* From the binary code to the opcode plus one, 0 where there is none: CODES without a prefix, then as many behind each
 * of the prefixes from FIRST_PREFIX on. */
#define FIRST_PREFIX       0xfc
#define PREFIX_COUNT       3
#define CODES              0x120
#define SLOT(prefix, code) ((((prefix) != 0) * ((prefix) - FIRST_PREFIX + 1)) * CODES + (code))

static const uint16_t op_by_code[(1 + PREFIX_COUNT) * CODES] = {
#define OP(op, text, prefix, code, ...) [SLOT(prefix, code)] = WASM_OP_##op + 1,
#include "wasm/opcodes.def"
#undef OP
};

static int read_opcode(struct wasm_reader *reader, enum wasm_op *op, struct err *err)
{
    uint32_t start = reader->offset;
    uint8_t first;
    if (wasm_read_byte(reader, &first, err))
        return -1;
    uint8_t prefix = 0;
    uint32_t code = first;
    if (first >= FIRST_PREFIX && first < FIRST_PREFIX + PREFIX_COUNT) {
        prefix = first;
        if (wasm_read_u32(reader, &code, err))
            return -1;
    }
    uint16_t found = code < CODES ? op_by_code[SLOT(prefix, code)] : 0;
    if (found == 0) {
        reader->offset = start;
        return prefix ? err_set(err, "illegal opcode 0x%02x 0x%02x", prefix, code)
                      : err_set(err, "illegal opcode 0x%02x", code);
    }
    *op = found - 1;
    return 0;
}

/* A block type is one byte for no or one value, or else a type index in a positive signed number (5.4.1). */
static int read_block_type(struct wasm_reader *reader, struct wasm_block *block, struct err *err)
{
    *block = (struct wasm_block){.type_index = WASM_BLOCK_INLINE};
    if (reader->offset < reader->end && reader->module[reader->offset] == 0x40) {
        reader->offset++;
        return 0;
    }
    if (reader->offset < reader->end && (reader->module[reader->offset] & 0xc0) == 0x40)
        return wasm_read_valtype(reader, &block->result, err);
    uint32_t start = reader->offset;
    int64_t index;
    if (wasm_read_sleb(reader, 33, &index, err))
        return -1;
    if (index < 0) {
        reader->offset = start;
        return err_set(err, "malformed block type");
    }
    block->type_index = (uint32_t)index;
    return 0;
}

static int read_catch(struct wasm_reader *reader, struct wasm_catch *clause, struct err *err)
{
    uint8_t kind;
    if (wasm_read_byte(reader, &kind, err))
        return -1;
    if (kind > WASM_CATCH_ALL_REF) {
        reader->offset--;
        return err_set(err, "malformed catch clause 0x%02x", kind);
    }
    *clause = (struct wasm_catch){.kind = kind};
    if (kind <= WASM_CATCH_REF && wasm_read_u32(reader, &clause->tag, err))
        return -1;
    return wasm_read_u32(reader, &clause->label, err);
}

/* The clauses stay where they are, like the labels of br_table. */
static int read_try_table(struct wasm_reader *reader, struct wasm_instr *instr, struct err *err)
{
    struct wasm_catch clause;
    if (read_block_type(reader, &instr->block, err) ||
        wasm_read_count(reader, 2, WASM_MAX_BODY_SIZE, "catch clauses", &instr->catch_count, err))
        return -1;
    instr->catches_at = reader->offset;
    for (uint32_t i = 0; i < instr->catch_count; i++) {
        if (read_catch(reader, &clause, err))
            return -1;
    }
    return 0;
}

struct wasm_catch wasm_read_catch(struct wasm_reader *reader)
{
    struct wasm_catch clause = {0};
    struct err err = {0};
    read_catch(reader, &clause, &err);
    return clause;
}

/* The labels stay where they are. They are read once here, so that wasm_read_label need not check. */
static int read_br_table(struct wasm_reader *reader, struct wasm_instr *instr, struct err *err)
{
    uint32_t count;
    if (wasm_read_count(reader, 1, WASM_MAX_BODY_SIZE, "labels", &count, err))
        return -1;
    instr->br_table.count = count;
    instr->br_table.labels_at = reader->offset;
    for (uint32_t i = 0; i <= count; i++) {
        uint32_t label;
        if (wasm_read_u32(reader, &label, err))
            return -1;
    }
    return 0;
}

uint32_t wasm_read_label(struct wasm_reader *reader)
{
    uint32_t label = 0;
    struct err err = {0};
    wasm_read_u32(reader, &label, &err);
    return label;
}

static int read_select_type(struct wasm_reader *reader, wasm_valtype *type, struct err *err)
{
    uint32_t start = reader->offset;
    uint32_t count;
    if (wasm_read_u32(reader, &count, err))
        return -1;
    if (count != 1) {
        reader->offset = start;
        return err_set(err, "invalid result arity: %u types, only 1 is allowed", count);
    }
    return wasm_read_valtype(reader, type, err);
}

/* The alignment, and a bit that says whether a memory index follows (5.4.6). */
enum { MEMARG_HAS_MEMORY = 0x40 };

static int read_memarg(struct wasm_reader *reader, struct wasm_instr *instr, struct err *err)
{
    uint32_t start = reader->offset;
    uint32_t flags;
    if (wasm_read_u32(reader, &flags, err))
        return -1;
    instr->mem.align = flags & ~(uint32_t)MEMARG_HAS_MEMORY;
    if (instr->mem.align >= 32) {
        reader->offset = start;
        return err_set(err, "malformed memop flags 0x%x", flags);
    }
    if (flags & MEMARG_HAS_MEMORY && wasm_read_u32(reader, &instr->mem.memory, err))
        return -1;
    return wasm_read_uleb(reader, 64, &instr->mem.offset, err);
}

static int read_fence(struct wasm_reader *reader, struct err *err)
{
    uint8_t zero;
    if (wasm_read_byte(reader, &zero, err))
        return -1;
    if (zero == 0)
        return 0;
    reader->offset--;
    return err_set(err, "zero byte expected");
}

static int read_fixed(struct wasm_reader *reader, void *to, uint32_t size, struct err *err)
{
    const uint8_t *bytes;
    if (wasm_read_bytes(reader, size, &bytes, err))
        return -1;
    memcpy(to, bytes, size); /* host and format are both little-endian */
    return 0;
}

static int read_immediate(struct wasm_reader *reader, struct wasm_instr *instr, struct err *err)
{
    switch (wasm_op_info[instr->op].imm) {
    case WASM_IMM_NONE:
        return 0;
    case WASM_IMM_BLOCK:
        return read_block_type(reader, &instr->block, err);
    case WASM_IMM_TRY_TABLE:
        return read_try_table(reader, instr, err);
    case WASM_IMM_LABEL:
    case WASM_IMM_DELEGATE:
    case WASM_IMM_FUNC:
    case WASM_IMM_TYPE:
    case WASM_IMM_TAG:
    case WASM_IMM_LOCAL:
    case WASM_IMM_GLOBAL:
    case WASM_IMM_TABLE:
    case WASM_IMM_MEMORY:
    case WASM_IMM_ELEM:
    case WASM_IMM_DATA:
        return wasm_read_u32(reader, &instr->index, err);
    case WASM_IMM_TYPE_TABLE:
    case WASM_IMM_ELEM_TABLE:
    case WASM_IMM_TABLE_TABLE:
    case WASM_IMM_DATA_MEMORY:
    case WASM_IMM_MEMORY_MEMORY:
        return wasm_read_u32(reader, &instr->index, err) || wasm_read_u32(reader, &instr->index2, err) ? -1 : 0;
    case WASM_IMM_BR_TABLE:
        return read_br_table(reader, instr, err);
    case WASM_IMM_SELECT:
        return read_select_type(reader, &instr->type, err);
    case WASM_IMM_HEAP_TYPE:
        return wasm_read_heap_type(reader, WASM_REF_NULL_CODE, &instr->type, err);
    case WASM_IMM_MEM:
    case WASM_IMM_MEM_ATOMIC:
        return read_memarg(reader, instr, err);
    case WASM_IMM_MEM_LANE:
        return read_memarg(reader, instr, err) || wasm_read_byte(reader, &instr->mem.lane, err) ? -1 : 0;
    case WASM_IMM_LANE:
        return wasm_read_byte(reader, &instr->lane, err);
    case WASM_IMM_I32:
        return wasm_read_sleb(reader, 32, &instr->i64, err);
    case WASM_IMM_I64:
        return wasm_read_sleb(reader, 64, &instr->i64, err);
    case WASM_IMM_F32:
        return read_fixed(reader, &instr->i64, 4, err);
    case WASM_IMM_F64:
        return read_fixed(reader, &instr->i64, 8, err);
    case WASM_IMM_SHUFFLE:
    case WASM_IMM_V128:
        return read_fixed(reader, instr->bytes, 16, err);
    case WASM_IMM_FENCE:
        return read_fence(reader, err);
    }
    return 0;
}

int wasm_read_instr(struct wasm_reader *reader, struct wasm_instr *instr, struct err *err)
{
    *instr = (struct wasm_instr){.offset = reader->offset};
    if (read_opcode(reader, &instr->op, err))
        return -1;
    if (read_immediate(reader, instr, err)) {
        err_prefix(err, "%s", wasm_op_info[instr->op].name);
        return -1;
    }
    return 0;
}
