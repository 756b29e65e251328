/* The picture of stacks: widths are shares, the same stacks give the same bytes in any order, and no name breaks it. */
#include "cc/flame.h"

#include <stdbool.h>
#include <string.h>

#include "check.h"

static const struct flame_frame outer = {.name = "outer"}, hot = {.name = "hot"},
                                hostile = {.name = "</title><script>&\x1b\xff", .is_kernel = true};

static bool contains(const struct buf *svg, const char *text)
{
    return memmem(svg->data, svg->size, text, strlen(text)) != NULL;
}

static struct buf draw(bool backwards)
{
    struct arena arena = {0};
    struct flame flame = {.arena = &arena};
    struct buf svg = {0};
    const struct flame_frame deep[] = {outer, hot}, odd[] = {outer, hostile};
    for (int i = 0; i < 2; i++) {
        if (backwards == (i == 1))
            flame_add(&flame, deep, 2, 3);
        else
            flame_add(&flame, odd, 2, 1);
    }
    flame_add(&flame, deep, 1, 4);
    flame_write(&flame, "a & b", &svg);
    arena_free(&arena);
    return svg;
}

static void test_shares(void)
{
    struct buf svg = draw(false);
    CHECK(contains(&svg, "<title>all: 8 samples, 100.00 %</title>"));
    CHECK(contains(&svg, "<title>outer: 8 samples, 100.00 %</title>"));
    CHECK(contains(&svg, "<title>hot: 3 samples, 37.50 %</title>"));
    CHECK(contains(&svg, "width=\"442.50\"")); /* of 1180 */
    buf_free(&svg);
}

static void test_order(void)
{
    struct buf one = draw(false), other = draw(true);
    CHECK(one.size == other.size && memcmp(one.data, other.data, one.size) == 0);
    buf_free(&one);
    buf_free(&other);
}

static void test_names(void)
{
    struct buf svg = draw(false);
    CHECK(contains(&svg, "&lt;/title&gt;&lt;script&gt;&amp;??: 1 samples"));
    CHECK(contains(&svg, "a &amp; b"));
    CHECK(!contains(&svg, "<script") && !contains(&svg, "\x1b"));
    buf_free(&svg);
}

static void test_nothing(void)
{
    struct arena arena = {0};
    struct flame flame = {.arena = &arena};
    struct buf svg = {0};
    flame_write(&flame, "nothing", &svg);
    CHECK(contains(&svg, "nothing</text>") && contains(&svg, "</svg>") && !contains(&svg, "nan"));
    buf_free(&svg);
    arena_free(&arena);
}

int main(void)
{
    test_shares();
    test_order();
    test_names();
    test_nothing();
    return 0;
}
