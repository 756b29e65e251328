/* Text from formats: each conversion, the limits of numbers, and buffers that are too short. */
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "rt/format.c"

#define CHECK_FORMAT(expected, ...)                                                                                    \
    do {                                                                                                               \
        char text[128];                                                                                                \
        size_t size = format_text(text, sizeof text, __VA_ARGS__);                                                     \
        CHECK(strcmp(text, (expected)) == 0);                                                                          \
        CHECK(size == strlen(expected));                                                                               \
    } while (0)

static void test_conversions(void)
{
    CHECK_FORMAT("", "%s", "");
    CHECK_FORMAT("a string: text.", "a string: %s.", "text");
    CHECK_FORMAT("[x]", "[%c]", 'x');
    CHECK_FORMAT("0 -1 2147483647 -2147483648", "%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
    CHECK_FORMAT("4294967295", "%u", UINT_MAX);
    CHECK_FORMAT("18446744073709551615 -9223372036854775808", "%lu %ld", UINT64_MAX, INT64_MIN);
    CHECK_FORMAT("18446744073709551615", "%llu", ULLONG_MAX);
    CHECK_FORMAT("ff 0 ffffffffffffffff", "%x %x %lx", 255, 0, UINT64_MAX);
    CHECK_FORMAT("000000ff 00042 -07", "%08x %05d %03d", 255, 42, -7);
    CHECK_FORMAT("0x00000000deadbeef", "%p", (void *)0xdeadbeef);
    CHECK_FORMAT("100%", "%d%%", 100);
    CHECK_FORMAT("12345678 after a 64-bit one", "%ld %s", 12345678l, "after a 64-bit one");
}

/* Formats that the compiler would not let pass. */
static void test_damaged(void)
{
    const char *volatile cut_short = "end %";
    const char *volatile unknown = "%q %08";
    const char *volatile wide = "%099999999999u";
    char text[64];
#pragma clang diagnostic ignored "-Wformat-nonliteral"
#pragma clang diagnostic ignored "-Wformat-security"
    format_text(text, sizeof text, cut_short);
    CHECK(strcmp(text, "end ") == 0);
    format_text(text, sizeof text, unknown);
    CHECK(strcmp(text, "%q ") == 0);
    CHECK(format_text(text, sizeof text, wide, 7) == 20);
    format_text(text, sizeof text, "%s", (const char *)NULL);
    CHECK(strcmp(text, "(null)") == 0);
}

static void test_short_buffers(void)
{
    for (size_t size = 1; size < 12; size++) {
        char text[16];
        memset(text, '#', sizeof text);
        size_t used = format_text(text, size, "%s%x", "01234", 0xabcdef);
        size_t whole = strlen("01234abcdef");
        CHECK(used == (size - 1 < whole ? size - 1 : whole));
        CHECK(memcmp(text, "01234abcdef", used) == 0);
        CHECK(text[used] == 0);
        CHECK(text[size] == '#');
    }
}

int main(void)
{
    test_conversions();
    test_damaged();
    test_short_buffers();
    return 0;
}
