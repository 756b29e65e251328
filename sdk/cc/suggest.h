/* suggest.h: what somebody who misspelt a word probably meant. */
#ifndef CC_SUGGEST_H
#define CC_SUGGEST_H

#include <stddef.h>

/* The candidate that is nearest to `word` by edits, or NULL if none is near. `candidates[i]` starts at
 * `(const char *const *)((const char *)first + i * stride)`, so that a column of a table may be given. */
const char *suggest_nearest(const char *word, const char *const *first, size_t count, size_t stride);

#endif
