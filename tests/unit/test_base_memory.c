/* Arenas and buffers. */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "check.h"

static void test_arena(void)
{
    struct arena arena = {0};
    for (size_t size = 0; size < 200000; size = size * 2 + 1) {
        unsigned char *bytes = arena_alloc(&arena, size);
        CHECK((uintptr_t)bytes % 16 == 0);
        for (size_t i = 0; i < size; i++)
            CHECK(bytes[i] == 0);
        memset(bytes, 0xff, size); /* what comes next must not overlap, and be zero all the same */
    }
    CHECK(strcmp(arena_printf(&arena, "%s %d", "seven", 7), "seven 7") == 0);
    CHECK(strcmp(arena_copy_string(&arena, "abcdef", 3), "abc") == 0);
    CHECK(strcmp(arena_copy_string(&arena, NULL, 0), "") == 0);
    CHECK(arena_array(&arena, 0, 8) != NULL);
    arena_free(&arena);
    CHECK(arena.blocks == NULL);
    arena_alloc(&arena, 1);
    arena_free(&arena);
}

static void check_bytes(struct buf *buf, const char *bytes, size_t size)
{
    CHECK(buf->size == size && memcmp(buf->data, bytes, size) == 0);
    buf_free(buf);
}

#define CHECK_BYTES(buf, literal) check_bytes(buf, literal, sizeof literal - 1)

/* The examples are those of the DWARF standard, figures 22 and 23, and the extremes. */
static void test_leb128(void)
{
    struct buf buf = {0};
    buf_uleb(&buf, 2);
    buf_uleb(&buf, 127);
    buf_uleb(&buf, 128);
    buf_uleb(&buf, 12857);
    CHECK_BYTES(&buf, "\x02\x7f\x80\x01\xb9\x64");
    buf_uleb(&buf, UINT64_MAX);
    CHECK_BYTES(&buf, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
    buf_sleb(&buf, 2);
    buf_sleb(&buf, -2);
    buf_sleb(&buf, 127);
    buf_sleb(&buf, -127);
    buf_sleb(&buf, 128);
    buf_sleb(&buf, -128);
    buf_sleb(&buf, 63);
    buf_sleb(&buf, -64);
    CHECK_BYTES(&buf, "\x02\x7e\xff\x00\x81\x7f\x80\x01\x80\x7f\x3f\x40");
    buf_sleb(&buf, INT64_MIN);
    CHECK_BYTES(&buf, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f");
}

static void test_buf(void)
{
    struct buf buf = {0};
    buf_append(&buf, NULL, 0);
    CHECK(buf.size == 0);
    buf_byte(&buf, 1);
    buf_u32(&buf, 0x11223344);
    CHECK_BYTES(&buf, "\x01\x44\x33\x22\x11");
    buf_printf(&buf, "%d", 12);
    buf_printf(&buf, "%s", "");
    buf_printf(&buf, "%s", "34");
    CHECK_BYTES(&buf, "1234");
    CHECK(buf_extend(&buf, 0) != NULL);
    memset(buf_extend(&buf, 100000), 1, 100000);
    CHECK(*(char *)buf_extend(&buf, 1) == 0 && buf.size == 100001);
    buf_free(&buf);
}

int main(void)
{
    test_arena();
    test_leb128();
    test_buf();
}
