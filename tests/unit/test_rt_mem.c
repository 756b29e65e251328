/* The memory functions: every size up to a few blocks, every alignment within a word, every way to overlap. The
 * assembler file takes the place of the C library's functions in this program; sanitizers do not look inside, hence
 * the bytes on both sides of each target. */
#include <stdint.h>
#include <string.h>

#include "check.h"

__asm__(".include \"kernel-src/rt/mem.S\"\n.text");

#define SIZE_MAX_TESTED 300
#define MARGIN          64

/* Through pointers that the compiler cannot see through, so that it neither inlines nor instruments the calls. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile set)(void *, int, size_t) = memset;
static int (*volatile compare)(const void *, const void *, size_t) = memcmp;

static uint8_t buffer[SIZE_MAX_TESTED * 4 + MARGIN * 4];
static uint8_t expected[sizeof buffer];

static void fill(uint8_t *bytes, uint8_t seed)
{
    for (size_t i = 0; i < sizeof buffer; i++)
        bytes[i] = (uint8_t)(seed + i * 7 + i / 256);
}

static void check_buffer(void)
{
    for (size_t i = 0; i < sizeof buffer; i++)
        CHECK(buffer[i] == expected[i]);
}

static void check_transfer(void *(*function)(void *, const void *, size_t), size_t to, size_t from, size_t size)
{
    fill(buffer, 1);
    fill(expected, 1);
    uint8_t source[SIZE_MAX_TESTED];
    for (size_t i = 0; i < size; i++)
        source[i] = buffer[from + i];
    for (size_t i = 0; i < size; i++)
        expected[to + i] = source[i];
    CHECK(function(buffer + to, buffer + from, size) == buffer + to);
    check_buffer();
}

static void test_copy(void)
{
    for (size_t size = 0; size <= SIZE_MAX_TESTED; size++) {
        for (size_t shift = 0; shift < 8; shift++)
            check_transfer(copy, MARGIN + shift, MARGIN * 2 + SIZE_MAX_TESTED + (shift * 5) % 8, size);
    }
}

static void test_move(void)
{
    size_t middle = MARGIN + SIZE_MAX_TESTED;
    for (size_t size = 0; size <= SIZE_MAX_TESTED; size += size < 70 ? 1 : 23) {
        for (size_t distance = 0; distance <= size + 1; distance++) {
            check_transfer(move, middle + distance, middle, size);
            check_transfer(move, middle - distance, middle, size);
        }
    }
}

static void test_set(void)
{
    for (size_t size = 0; size <= SIZE_MAX_TESTED; size++) {
        for (size_t shift = 0; shift < 8; shift++) {
            fill(buffer, 2);
            fill(expected, 2);
            for (size_t i = 0; i < size; i++)
                expected[MARGIN + shift + i] = 0xa5;
            CHECK(set(buffer + MARGIN + shift, 0x7fa5, size) == buffer + MARGIN + shift);
            check_buffer();
        }
    }
}

static void test_compare(void)
{
    for (size_t size = 0; size <= 40; size++) {
        for (size_t place = 0; place < size; place++) {
            fill(buffer, 3);
            fill(expected, 3);
            CHECK(compare(buffer, expected, size) == 0);
            buffer[place] = 0x80;
            expected[place] = 0x7f;
            expected[size] ^= 0xff;                          /* beyond the end: of no interest */
            buffer[size - 1] ^= place + 1 < size ? 0x55 : 0; /* behind the first difference, neither */
            CHECK(compare(buffer, expected, size) > 0);
            CHECK(compare(expected, buffer, size) < 0);
        }
    }
}

int main(void)
{
    test_copy();
    test_move();
    test_set();
    test_compare();
    return 0;
}
