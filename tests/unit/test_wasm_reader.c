/* Numbers and names of the binary format. */
#include "wasm_build.h"

#include "wasm/reader.h"

static struct wasm_reader reader_of(const struct buf *buf)
{
    return (struct wasm_reader){.module = buf->data, .end = (uint32_t)buf->size};
}

/* Reads one number from `hex`; returns the error's text, "" for none. All bytes must have been read, or, with an
 * error, none. */
static const char *read_number(const char *hex, unsigned bits, bool is_signed, uint64_t *value)
{
    static struct err err;
    struct buf buf = {0};
    put_hex(&buf, hex);
    struct wasm_reader reader = reader_of(&buf);
    err = (struct err){0};
    int result =
        is_signed ? wasm_read_sleb(&reader, bits, (int64_t *)value, &err) : wasm_read_uleb(&reader, bits, value, &err);
    CHECK(err.set == (result != 0));
    CHECK(reader.offset == (result ? 0 : buf.size));
    buf_free(&buf);
    return err.text;
}

static void expect_number(const char *hex, unsigned bits, bool is_signed, uint64_t expected)
{
    uint64_t value;
    CHECK(read_number(hex, bits, is_signed, &value)[0] == 0);
    CHECK(value == expected);
}

static void expect_no_number(const char *hex, unsigned bits, bool is_signed, const char *message)
{
    uint64_t value;
    CHECK(strcmp(read_number(hex, bits, is_signed, &value), message) == 0);
}

static void test_unsigned(void)
{
    expect_number("00", 32, false, 0);
    expect_number("7f", 32, false, 127);
    expect_number("80 01", 32, false, 128);
    expect_number("80 80 80 80 00", 32, false, 0);
    expect_number("ff ff ff ff 0f", 32, false, UINT32_MAX);
    expect_number("ff ff ff ff ff ff ff ff ff 01", 64, false, UINT64_MAX);
    expect_no_number("", 32, false, "unexpected end");
    expect_no_number("80", 32, false, "unexpected end");
    expect_no_number("ff ff ff ff 1f", 32, false, "integer too large");
    expect_no_number("ff ff ff ff 4f", 32, false, "integer too large");
    expect_no_number("80 80 80 80 80 00", 32, false, "integer representation too long");
    expect_no_number("ff ff ff ff ff ff ff ff ff 02", 64, false, "integer too large");
    expect_no_number("80 80 80 80 80 80 80 80 80 80 00", 64, false, "integer representation too long");
}

static void test_signed(void)
{
    expect_number("00", 32, true, 0);
    expect_number("7f", 32, true, (uint64_t)-1);
    expect_number("40", 32, true, (uint64_t)-64);
    expect_number("bf 7f", 32, true, (uint64_t)-65);
    expect_number("ff ff ff ff 07", 32, true, INT32_MAX);
    expect_number("80 80 80 80 78", 32, true, (uint64_t)INT32_MIN);
    expect_number("ff ff ff ff 7f", 32, true, (uint64_t)-1);
    expect_number("ff ff ff ff 0f", 33, true, UINT32_MAX);
    expect_number("80 80 80 80 80 80 80 80 80 7f", 64, true, (uint64_t)INT64_MIN);
    expect_number("ff ff ff ff ff ff ff ff ff 00", 64, true, INT64_MAX);
    expect_no_number("ff", 32, true, "unexpected end");
    expect_no_number("ff ff ff ff 0f", 32, true, "integer too large");
    expect_no_number("80 80 80 80 70", 32, true, "integer too large");
    expect_no_number("80 80 80 80 80 80 80 80 80 01", 64, true, "integer too large");
    expect_no_number("80 80 80 80 80 00", 33, true, "integer representation too long");
}

/* One number in every way that the two implementations, here and in base/buf.c, can disagree about. */
static void test_round_trip(void)
{
    struct buf buf = {0};
    for (unsigned shift = 0; shift < 64; shift++) {
        for (int near = -2; near <= 2; near++) {
            uint64_t number = (1ull << shift) + (uint64_t)near;
            uint64_t value;
            struct err err = {0};
            buf.size = 0;
            buf_uleb(&buf, number);
            struct wasm_reader reader = reader_of(&buf);
            CHECK(wasm_read_uleb(&reader, 64, &value, &err) == 0 && value == number && reader.offset == buf.size);
            buf.size = 0;
            buf_sleb(&buf, (int64_t)number);
            reader = reader_of(&buf);
            CHECK(wasm_read_sleb(&reader, 64, (int64_t *)&value, &err) == 0 && value == number);
        }
    }
    buf_free(&buf);
}

static int read_name(const char *hex)
{
    struct buf buf = {0};
    struct wasm_name name;
    struct err err = {0};
    put_hex(&buf, hex);
    struct wasm_reader reader = reader_of(&buf);
    int result = wasm_read_name(&reader, &name, &err);
    buf_free(&buf);
    return result;
}

static void test_names(void)
{
    static const char *const good[] = {"00",          "01 61",          "02 00 7f",      "02 c2 80",
                                       "02 df bf",    "03 e0 a0 80",    "03 ed 9f bf",   "03 ee 80 80",
                                       "03 ef bf bf", "04 f0 90 80 80", "04 f4 8f bf bf"};
    static const char *const bad[] = {"",
                                      "01",
                                      "02 61",
                                      "01 80",
                                      "01 c2",
                                      "02 c1 80",
                                      "02 c2 7f",
                                      "02 c2 c0",
                                      "03 e0 9f bf",
                                      "03 ed a0 80",
                                      "03 e2 82 41",
                                      "02 e2 82",
                                      "04 f0 8f bf bf",
                                      "04 f4 90 80 80",
                                      "04 f5 80 80 80",
                                      "03 f0 90 80",
                                      "05 f8 88 80 80 80",
                                      "ff ff ff ff 0f 61"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK(read_name(good[i]) == 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(read_name(bad[i]) != 0);
}

int main(void)
{
    test_unsigned();
    test_signed();
    test_round_trip();
    test_names();
    return 0;
}
