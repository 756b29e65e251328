/* suggest.h: what somebody who misspelt a word probably meant. */
#ifndef CC_SUGGEST_H
#define CC_SUGGEST_H

#include <stddef.h>

#include "base/arena.h"

/* The one of `count` candidates that is nearest to `word` by edits, or NULL if none is near. Words that are missing at
 * its end, "-server" of "http-server", are no edits. */
const char *suggest_nearest(const char *word, const char *const *candidates, size_t count);

/* "none of c, cpp, rust; did you mean cpp?", with the question where there is a nearest one. Lies on the arena. */
const char *suggest_text(const char *word, const char *const *candidates, size_t count, struct arena *arena);

#endif
