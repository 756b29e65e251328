#include "cc/suggest.h"

#include <stdint.h>
#include <string.h>

#define WORD_MAX 255

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Levenshtein's distance: how many letters to insert, remove or exchange. Row by row, `row[j]` being the distance of
 * the letters of `a` so far to the first j of `b`. Twice that, and one more if only a beginning of `b` that ends with a
 * word is as near. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t length = strlen(b);
    if (length > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < length; j++) {
            size_t exchanged = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = smallest(exchanged, row[j] + 1, row[j + 1] + 1);
        }
    }
    size_t least = 2 * row[length];
    for (size_t j = 1; j < length; j++)
        if (b[j] == '-' && b[j - 1] != '-' && 2 * row[j] + 1 < least)
            least = 2 * row[j] + 1;
    return least;
}

const char *suggest_nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t least = 2 * (strlen(word) / 3 + 2); /* from that on it is another word */
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
