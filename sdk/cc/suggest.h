/* suggest.h: what somebody who misspelt a word probably meant. */
#ifndef CC_SUGGEST_H
#define CC_SUGGEST_H

#include <stddef.h>

/* The one of `count` candidates that is nearest to `word` by edits, or NULL if none is near. */
const char *suggest_nearest(const char *word, const char *const *candidates, size_t count);

#endif
