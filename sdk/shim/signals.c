#include "shim/signals.h"

#include <signal.h>
#include <stddef.h>

static void set_all(void (*action)(int))
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGPIPE};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], action);
}

void signals_ignore(void)
{
    set_all(SIG_IGN);
}

void signals_restore(void)
{
    set_all(SIG_DFL);
}
