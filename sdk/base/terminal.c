#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool terminal_is(FILE *stream)
{
    const char *kind = getenv("TERM");
    return isatty(fileno(stream)) && kind && strcmp(kind, "dumb") != 0;
}

const char *terminal_colour(FILE *stream, enum terminal_colour colour)
{
    static const char *const sequences[] = {
        [TERMINAL_PLAIN] = "\033[0m",
        [TERMINAL_BAD] = "\033[1;31m",
        [TERMINAL_GOOD] = "\033[32m",
    };
    const char *refused = getenv("NO_COLOR");
    return terminal_is(stream) && !(refused && *refused) ? sequences[colour] : "";
}
