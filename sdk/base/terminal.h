/* terminal.h: what only people at a terminal should get. */
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* Whether the stream is a terminal that understands escape sequences. */
bool terminal_is(FILE *stream);

enum terminal_colour { TERMINAL_PLAIN, TERMINAL_BAD, TERMINAL_GOOD };

/* The escape sequence that begins text of that colour, or ends it (TERMINAL_PLAIN); "" where the stream is no terminal,
 * or the environment has a NO_COLOR that is not empty (no-color.org). */
const char *terminal_colour(FILE *stream, enum terminal_colour colour);

#endif
