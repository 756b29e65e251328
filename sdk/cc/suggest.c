#include "cc/suggest.h"

#include <stdint.h>
#include <string.h>

#define WORD_MAX 255

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* How many letters to insert, remove, exchange, or swap with their neighbour (optimal string alignment): the last
 * number of the last row, where number j of row i is the distance of the first i letters of `a` to the first j of `b`.
 * Twice that, and one more if only a beginning of `b` that ends with a word is as near. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1];
    size_t length = strlen(b), count = strlen(a);
    if (length > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= count; i++) {
        size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            row[j] = smallest(above[j - 1] + (a[i - 1] != b[j - 1]), row[j - 1] + 1, above[j] + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && second[j - 2] < row[j])
                row[j] = second[j - 2] + 1;
        }
    }
    const size_t *last = rows[count % 3];
    size_t least = 2 * last[length];
    for (size_t j = 1; j < length; j++)
        if (b[j] == '-' && 2 * last[j] + 1 < least)
            least = 2 * last[j] + 1;
    return least;
}

const char *suggest_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t length = strlen(word);
    size_t least = length < 3 ? 4 : 2 * (length / 3 + 1); /* from that on it is another word */
    for (size_t i = 0; i < count; i++) {
        size_t edits = distance(word, candidates[i]);
        if (edits < least) {
            nearest = candidates[i];
            least = edits;
        }
    }
    return nearest;
}

const char *suggest_text(const char *word, const char *const *candidates, size_t count, struct arena *arena)
{
    const char *nearest = suggest_nearest(word, candidates, count);
    const char *text = "none of";
    for (size_t i = 0; i < count; i++)
        text = arena_printf(arena, "%s%s%s", text, i == 0 ? " " : ", ", candidates[i]);
    return nearest ? arena_printf(arena, "%s; did you mean %s?", text, nearest) : text;
}
