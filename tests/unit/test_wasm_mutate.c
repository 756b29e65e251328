/* Ten thousand modules that are nearly valid: whatever is wrong with them, the decoder and the validator say so in one
 * line or accept them, and nothing is read or written that should not be, which the sanitizers watch. */
#include "wasm_build.h"

#define MUTANTS 10000

/* xorshift64*: the same mutants every time. */
static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint32_t random_below(uint32_t limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (uint32_t)((random_state * 0x2545f4914f6cdd1d) >> 33) % limit;
}

static void put_code(struct buf *m, const char *const *bodies, unsigned count)
{
    size_t section = begin_section(m, SECTION_CODE);
    buf_byte(m, (uint8_t)count);
    for (unsigned i = 0; i < count; i++) {
        size_t body = begin_sized(m);
        put_hex(m, bodies[i]);
        buf_byte(m, 0x0b);
        end_sized(m, body);
    }
    end_sized(m, section);
}

/* Control: nested blocks with parameters and results, branches of all kinds, calls, locals. */
static void put_control(struct buf *m)
{
    static const char *const bodies[] = {
        "01 01 7e 20 00 20 01 02 02 1a 42 01 0b 1a",
        "00 20 00 04 7f 41 01 05 02 7f 41 02 20 00 0e 02 00 01 00 0b 0b",
        "00 02 7f 41 07 20 00 0d 00 1a 20 00 10 01 0b",
        "01 03 7f 03 40 20 01 41 01 6a 22 01 41 0a 48 0d 00 0b 41 05 20 00 41 00 11 01 00 20 01 1b 0f",
    };
    begin_module(m);
    put_section(m, SECTION_TYPE, "03 60 00 00 60 01 7f 01 7f 60 02 7f 7e 02 7f 7e");
    put_section(m, SECTION_IMPORT, "01 04 68 6f 73 74 01 66 00 01");
    put_section(m, SECTION_FUNC, "04 01 01 01 01");
    put_section(m, SECTION_TABLE, "01 70 01 03 09");
    put_section(m, SECTION_EXPORT, "02 04 6d 61 69 6e 00 01 01 74 01 00");
    put_section(m, SECTION_ELEM, "01 00 41 00 0b 03 00 01 02");
    put_code(m, bodies, 4);
}

/* Memory, tables, references, segments of all kinds. */
static void put_bulk(struct buf *m)
{
    static const char *const bodies[] = {
        "00 41 00 41 00 41 04 fc 08 01 00 fc 09 01 41 00 41 01 41 02 fc 0a 00 00 41 00 41 ff 01 41 10 fc 0b 00",
        "00 41 00 41 00 41 01 fc 0c 01 00 fc 0d 01 41 00 41 01 41 01 fc 0e 00 00 41 00 d2 00 41 01 fc 11 00",
        "00 d0 6f 41 05 fc 0f 01 1a fc 10 01 1a 41 00 25 01 d1 1a 41 00 d0 70 26 00 d0 70 d2 01 41 01 1c 01 70 1a",
        ("01 01 7b 41 00 fd 00 04 10 fd 0c 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f fd 6e 22 00 20 00 "
         "fd 0d 00 11 02 13 04 15 06 17 08 19 0a 1b 0c 1d 0e 1f fd 15 03 40 00 1a 41 00 20 00 fd 56 02 00 03 1a "
         "3f 00 1a"),
    };
    begin_module(m);
    put_section(m, SECTION_TYPE, "01 60 00 00");
    put_section(m, SECTION_FUNC, "04 00 00 00 00");
    put_section(m, SECTION_TABLE, "02 70 00 04 6f 01 02 08");
    put_section(m, SECTION_MEMORY, "01 01 01 02");
    put_section(m, SECTION_GLOBAL, "02 7f 01 41 7f 0b 70 00 d2 01 0b");
    put_section(m, SECTION_EXPORT, "02 03 6d 65 6d 02 00 01 67 03 00");
    put_section(m, SECTION_START, "00");
    put_section(m, SECTION_ELEM, "03 06 00 41 00 0b 70 01 d2 00 0b 01 00 02 00 01 07 6f 01 d0 6f 0b");
    put_section(m, SECTION_DATA_COUNT, "02");
    put_code(m, bodies, 4);
    put_section(m, SECTION_DATA, "02 00 41 08 0b 04 61 62 63 64 01 04 00 01 02 03");
    size_t custom = begin_section(m, SECTION_CUSTOM);
    put_name(m, "name");
    put_hex(m, "00 02 01 6d 01 0a 02 00 02 61 62 02 03 e2 82 ac");
    end_sized(m, custom);
}

/* Numbers of every type, through all of their instructions: each one behind `unreachable`. */
static void put_numeric(struct buf *m)
{
    begin_module(m);
    put_section(m, SECTION_TYPE, "01 60 00 00");
    put_section(m, SECTION_FUNC, "01 00");
    size_t section = begin_section(m, SECTION_CODE);
    buf_byte(m, 1);
    size_t body = begin_sized(m);
    buf_byte(m, 0);
    put_hex(m, "44 00 00 00 00 00 00 f0 3f 1a 43 00 00 80 3f 1a 42 80 80 80 80 80 80 80 80 80 7f 1a");
    for (unsigned op = 0; op < WASM_OP_COUNT; op++) {
        if (wasm_op_info[op].imm != WASM_IMM_NONE || !wasm_op_info[op].signature)
            continue;
        buf_byte(m, 0x00);
        if (wasm_op_info[op].prefix) {
            buf_byte(m, wasm_op_info[op].prefix);
            buf_uleb(m, wasm_op_info[op].code);
        } else {
            buf_byte(m, (uint8_t)wasm_op_info[op].code);
        }
    }
    put_hex(m, "00 0b");
    end_sized(m, body);
    end_sized(m, section);
}

/* One change: a bit, a byte, an interesting byte; more rarely, since that seldom gets past the sections' sizes, bytes
 * gone, bytes twice, the end cut off. */
static void mutate(struct buf *m)
{
    static const uint8_t interesting[] = {0x00, 0x01, 0x0b, 0x40, 0x60, 0x6f, 0x70, 0x7b, 0x7f, 0x80, 0xfc, 0xfd, 0xff};
    if (m->size < 2)
        return;
    uint32_t size = (uint32_t)m->size;
    uint32_t at = random_below(size);
    uint32_t length = 1 + random_below(size - at < 8 ? size - at : 8);
    switch (random_below(16)) {
    default:
        m->data[at] ^= (uint8_t)(1u << random_below(8));
        break;
    case 4 ... 7:
        m->data[at] = (uint8_t)random_below(256);
        break;
    case 8 ... 11:
        m->data[at] = interesting[random_below(sizeof interesting)];
        break;
    case 1:
        memmove(m->data + at, m->data + at + length, size - at - length);
        m->size -= length;
        break;
    case 2:
        buf_extend(m, length);
        memmove(m->data + at + length, m->data + at, size - at);
        break;
    case 0:
        m->size = at;
        break;
    }
}

/* The verdict on exactly these bytes, with nothing behind them that could be read unnoticed. */
static enum verdict judge_exactly(const struct buf *m)
{
    struct buf exact = {.data = malloc(m->size ? m->size : 1), .size = m->size};
    if (m->size)
        memcpy(exact.data, m->data, m->size);
    enum verdict verdict = judge_only(&exact);
    free(exact.data);
    return verdict;
}

static void check_message(enum verdict verdict)
{
    if (verdict == VALID)
        return;
    CHECK(strncmp(judged_message, "t.wasm:", 7) == 0 && !strpbrk(judged_message, "\n\r\x1b"));
}

int main(void)
{
    static void (*const put[])(struct buf *) = {put_control, put_bulk, put_numeric};
    enum { SEEDS = sizeof put / sizeof put[0] };
    struct buf seeds[SEEDS] = {0};
    unsigned verdicts[3] = {0};
    for (unsigned i = 0; i < SEEDS; i++) {
        put[i](&seeds[i]);
        expect(&seeds[i], VALID, "");
    }
    for (unsigned i = 0; i < MUTANTS; i++) {
        struct buf mutant = {0};
        const struct buf *seed = &seeds[i % SEEDS];
        buf_append(&mutant, seed->data, seed->size);
        for (unsigned changes = 1 + random_below(3); changes > 0; changes--)
            mutate(&mutant);
        enum verdict verdict = judge_exactly(&mutant);
        check_message(verdict);
        verdicts[verdict]++;
        buf_free(&mutant);
    }
    printf("%u mutants: %u valid, %u malformed, %u invalid\n", MUTANTS, verdicts[VALID], verdicts[MALFORMED],
           verdicts[INVALID]);
    CHECK(verdicts[VALID] && verdicts[MALFORMED] && verdicts[INVALID]);
    for (unsigned i = 0; i < SEEDS; i++)
        buf_free(&seeds[i]);
    return 0;
}
