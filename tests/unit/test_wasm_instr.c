/* Every row of opcodes.def: read, refused when cut short, accepted and refused by the validator. */
#include "wasm_build.h"

/* The immediate of each kind in the module of begin_context: index 0 of everything. */
static const char *immediate(enum wasm_op op)
{
    static const char *const atomic[] = {"00 00", "01 00", "02 00", "03 00"};
    switch (wasm_op_info[op].imm) {
    case WASM_IMM_NONE:
        return "";
    case WASM_IMM_BLOCK:
        return "40";
    case WASM_IMM_SELECT:
        return "01 7f";
    case WASM_IMM_HEAP_TYPE:
        return "70";
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
    case WASM_IMM_LANE:
    case WASM_IMM_I32:
    case WASM_IMM_I64:
    case WASM_IMM_FENCE:
        return "00";
    case WASM_IMM_TYPE_TABLE:
    case WASM_IMM_ELEM_TABLE:
    case WASM_IMM_TABLE_TABLE:
    case WASM_IMM_DATA_MEMORY:
    case WASM_IMM_MEMORY_MEMORY:
    case WASM_IMM_MEM:
        return "00 00";
    case WASM_IMM_MEM_ATOMIC:
        return atomic[wasm_op_info[op].access];
    case WASM_IMM_TRY_TABLE:
        return "40 02 00 00 00 02 01"; /* what the tag carries to label 0, anything to label 1 */
    case WASM_IMM_MEM_LANE:
        return "00 00 00";
    case WASM_IMM_BR_TABLE:
        return "02 00 00 00";
    case WASM_IMM_F32:
        return "00 00 80 3f";
    case WASM_IMM_F64:
        return "00 00 00 00 00 00 f0 3f";
    case WASM_IMM_SHUFFLE:
    case WASM_IMM_V128:
        return "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f";
    }
    return NULL;
}

static void put_opcode(struct buf *buf, uint8_t prefix, uint32_t code)
{
    if (prefix) {
        buf_byte(buf, prefix);
        buf_uleb(buf, code);
    } else {
        buf_byte(buf, (uint8_t)code);
    }
}

static void put_instr(struct buf *buf, enum wasm_op op)
{
    put_opcode(buf, wasm_op_info[op].prefix, wasm_op_info[op].code);
    put_hex(buf, immediate(op));
}

/* A module that has one of everything, up to its code section. Function 0 has type 0, which is i32 -> . */
static void begin_context(struct buf *buf)
{
    begin_module(buf);
    put_section(buf, SECTION_TYPE, "01 60 01 7f 00");
    put_section(buf, SECTION_FUNC, "01 00");
    put_section(buf, SECTION_TABLE, "01 70 00 01");
    put_section(buf, SECTION_MEMORY, "01 00 01");
    put_section(buf, SECTION_TAG, "01 00 00");
    put_section(buf, SECTION_GLOBAL, "01 7f 01 41 00 0b");
    put_section(buf, SECTION_EXPORT, "01 01 66 00 00");
    put_section(buf, SECTION_ELEM, "01 01 00 01 00");
    put_section(buf, SECTION_DATA_COUNT, "01");
}

static enum verdict judge_body(struct buf *module, const struct buf *body)
{
    begin_context(module);
    size_t section = begin_section(module, SECTION_CODE);
    buf_byte(module, 1);
    size_t sized = begin_sized(module);
    buf_byte(module, 0);
    buf_append(module, body->data, body->size);
    end_sized(module, sized);
    end_sized(module, section);
    put_section(module, SECTION_DATA, "01 01 00");
    return judge_only(module);
}

static void test_read(enum wasm_op op)
{
    struct buf buf = {0};
    put_instr(&buf, op);
    for (uint32_t end = 0; end <= buf.size; end++) {
        struct wasm_reader reader = {.module = buf.data, .end = end};
        struct wasm_instr instr;
        struct err err = {0};
        int result = wasm_read_instr(&reader, &instr, &err);
        CHECK((result == 0) == (end == buf.size));
        if (result == 0)
            CHECK(instr.op == op && instr.offset == 0 && reader.offset == end);
    }
    buf_free(&buf);
}

/* What an instruction wants round it: an open block of some kind, and that block's end. */
static const char *before(enum wasm_op op)
{
    switch (op) {
    case WASM_OP_ELSE:
        return "41 00 04 40";
    case WASM_OP_CATCH:
    case WASM_OP_CATCH_ALL:
    case WASM_OP_DELEGATE:
        return "06 40";
    case WASM_OP_RETHROW:
        return "06 40 19";
    case WASM_OP_TRY_TABLE:
        return "02 7f";
    case WASM_OP_BR_ON_NON_NULL:
        return "02 70";
    default:
        return "";
    }
}

static const char *after(enum wasm_op op)
{
    return *before(op) && op != WASM_OP_DELEGATE ? "0b 00" : "";
}

/* Behind `unreachable` the stack has whatever an instruction wants, so that each one is valid there; and with what it
 * leaves, so is another `unreachable`. Blocks want their ends, and `else` its `if`. */
static void test_unreachable(enum wasm_op op, struct buf *module)
{
    struct buf body = {0};
    bool ends = op == WASM_OP_END;
    put_hex(&body, before(op));
    put_hex(&body, "00");
    put_instr(&body, op);
    put_hex(&body, ends ? "" : "00");
    put_hex(&body, wasm_begins_block(op) ? "0b" : "");
    put_hex(&body, after(op));
    put_hex(&body, ends ? "" : "0b");
    if (judge_body(module, &body) != VALID) {
        fprintf(stderr, "%s\n", judged_message);
        exit(1);
    }
    buf_free(&body);
}

/* What takes an operand is refused where there is none. */
static void test_underflow(enum wasm_op op, struct buf *module)
{
    const char *signature = wasm_op_info[op].signature;
    if (!signature || signature[0] == ':')
        return;
    struct buf body = {0};
    put_instr(&body, op);
    put_hex(&body, "00 0b");
    CHECK(judge_body(module, &body) == INVALID);
    CHECK(strstr(judged_message, "type mismatch") && strstr(judged_message, wasm_op_info[op].name));
    buf_free(&body);
}

static bool is_known(uint8_t prefix, uint32_t code)
{
    if (prefix == 0 && code >= 0xfc && code <= 0xfe)
        return true; /* the prefixes themselves */
    for (unsigned op = 0; op < WASM_OP_COUNT; op++) {
        if (wasm_op_info[op].prefix == prefix && wasm_op_info[op].code == code)
            return true;
    }
    return false;
}

static void expect_unknown(uint8_t prefix, uint32_t code)
{
    struct buf buf = {0};
    put_opcode(&buf, prefix, code);
    buf_extend(&buf, 32); /* whatever operands it may want */
    struct wasm_reader reader = {.module = buf.data, .end = (uint32_t)buf.size};
    struct wasm_instr instr;
    struct err err = {0};
    CHECK(wasm_read_instr(&reader, &instr, &err) && strstr(err.text, "illegal opcode") && reader.offset == 0);
    buf_free(&buf);
}

static void test_unknown_codes(void)
{
    for (uint32_t code = 0; code <= 0xff; code++) {
        if (!is_known(0, code))
            expect_unknown(0, code);
    }
    for (unsigned prefix = 0xfc; prefix <= 0xfe; prefix++) {
        for (uint32_t code = 0; code < 1000; code++) {
            if (!is_known((uint8_t)prefix, code))
                expect_unknown((uint8_t)prefix, code);
        }
        expect_unknown((uint8_t)prefix, UINT32_MAX);
    }
}

int main(void)
{
    struct buf module = {0};
    CHECK(WASM_OP_COUNT == 539);
    for (unsigned op = 0; op < WASM_OP_COUNT; op++) {
        test_read(op);
        test_unreachable(op, &module);
        test_underflow(op, &module);
    }
    test_unknown_codes();
    buf_free(&module);
    return 0;
}
