#include "cc/progress.h"

#include <stdio.h>

#include "base/terminal.h"

/* What takes less needs no comfort. */
#define PATIENCE 2.0

void progress_show(uint32_t done, uint32_t total, double seconds)
{
    if (seconds < PATIENCE || !terminal_is(stderr))
        return;
    if (done < total)
        fprintf(stderr, "\rcompiling: %u%% after %.0f s \033[K", (unsigned)(100ull * done / total), seconds);
    else
        fputs("\r\033[K", stderr);
}

void progress_warn(const char *text)
{
    fprintf(stderr, "mewz-cc: warning: %s\n", text);
}
