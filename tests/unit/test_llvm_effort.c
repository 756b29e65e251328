/* Which functions are too large an effort for the optimiser: the phis that locals need, counted; and each limit. */
#include "wasm_build.h"
#include "llvm/effort.h"

/* A function of an i32 with 100 more locals; `put` writes its instructions. */
static void build(struct buf *buf, void (*put)(struct buf *buf, unsigned count), unsigned count)
{
    size_t section, body;

    begin_module(buf);
    put_section(buf, SECTION_TYPE, "01 60 01 7f 00");
    put_section(buf, SECTION_FUNC, "01 00");
    put_section(buf, SECTION_TABLE, "01 70 00 01");
    section = begin_section(buf, SECTION_CODE);
    buf_byte(buf, 1);
    body = begin_sized(buf);
    put_hex(buf, "01 e4 00 7f");
    put(buf, count);
    put_hex(buf, "0b");
    end_sized(buf, body);
    end_sized(buf, section);
}

/* Whether it is; the counts are left in *effort. */
static bool is_too_large(struct effort *effort, void (*put)(struct buf *buf, unsigned count), unsigned count)
{
    struct wasm_module module;
    struct arena arena = {0};
    struct buf bytes = {0};
    struct err err = {0};
    bool result;

    build(&bytes, put, count);
    CHECK(judge(&bytes, &module, &arena, &err) == VALID);
    effort_init(effort, &module);
    CHECK(effort_is_too_large(effort, &module.funcs[0], &result, &err) == 0);
    effort_fini(effort);
    arena_free(&arena);
    buf_free(&bytes);
    return result;
}

static void put_nothing(struct buf *buf, unsigned count)
{
    (void)buf, (void)count;
}

/* The `if` has two ways and sets two locals, one of them twice; the block round it, which sets a third one, two as
 * well: by br_if and from above. The loop has one way only, and the function's label none. */
static void put_nested(struct buf *buf, unsigned count)
{
    (void)count;
    put_hex(buf, "41 01 21 05  02 40");
    put_hex(buf, "41 01 04 40  41 02 21 01  41 02 21 02  05  41 03 21 02  0b");
    put_hex(buf, "03 40 41 00 21 04 0b  41 00 0d 00  41 00 21 02  0b");
}

/* A br_table that names a block four times and its loop once. */
static void put_table(struct buf *buf, unsigned count)
{
    (void)count;
    put_hex(buf, "03 40 02 40 41 00 21 03  20 00 0e 04 00 00 01 00 00 0b 0b");
}

/* A loop round `count` cases, each of which sets another local and goes on. */
static void put_dispatch(struct buf *buf, unsigned count)
{
    put_hex(buf, "03 40");
    for (unsigned i = 0; i <= count; i++)
        put_hex(buf, "02 40");
    put_hex(buf, "20 00 0e");
    buf_uleb(buf, count);
    for (unsigned i = 0; i <= count; i++)
        buf_uleb(buf, i);
    put_hex(buf, "0b");
    for (unsigned i = 0; i < count; i++) {
        put_hex(buf, "41 07 21");
        buf_uleb(buf, 1 + i % 100);
        put_hex(buf, "0c");
        buf_uleb(buf, count - i);
        put_hex(buf, "0b");
    }
    put_hex(buf, "0b");
}

static void put_loops(struct buf *buf, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        put_hex(buf, "03 40 0b");
}

static void put_indirect_calls(struct buf *buf, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        put_hex(buf, "20 00 20 00 11 00 00");
}

static void put_long(struct buf *buf, unsigned count)
{
    memset(buf_extend(buf, count), 0x01, count); /* nop */
}

static void check_counts(void)
{
    struct effort effort;

    CHECK(!is_too_large(&effort, put_nothing, 0) && effort.phi_operands == 0);
    CHECK(!is_too_large(&effort, put_nested, 0) && effort.loops == 1);
    CHECK(effort.phi_operands == 2 * 2 + 2 * 3);
    CHECK(!is_too_large(&effort, put_table, 0) && effort.phi_operands == 2 * 1 + 2 * 1);
}

static void check_limits(void)
{
    struct effort effort;

    CHECK(!is_too_large(&effort, put_dispatch, 100) && effort.phi_operands > 100 * 100);
    CHECK(is_too_large(&effort, put_dispatch, 1000) && effort.phi_operands > 100 * 1000);
    CHECK(!is_too_large(&effort, put_loops, 1500) && is_too_large(&effort, put_loops, 1501));
    CHECK(!is_too_large(&effort, put_indirect_calls, 5000) && is_too_large(&effort, put_indirect_calls, 5001));
    CHECK(effort.indirect_calls == 5001);
    CHECK(!is_too_large(&effort, put_long, 250 << 10) && is_too_large(&effort, put_long, 256 << 10));
}

int main(void)
{
    check_counts();
    check_limits();
    return 0;
}
