#include "cc/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What takes less needs no comfort. */
#define PATIENCE 2.0

static bool is_terminal(void)
{
    const char *kind = getenv("TERM");
    return isatty(STDERR_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

void progress_show(uint32_t done, uint32_t total, double seconds)
{
    if (seconds < PATIENCE || !is_terminal())
        return;
    if (done < total)
        fprintf(stderr, "\rcompiling: %u%% after %.0f s \033[K", (unsigned)(100ull * done / total), seconds);
    else
        fputs("\r\033[K", stderr);
}
