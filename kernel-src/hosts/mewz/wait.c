/* wait.c: waiting for time and for stdin, with the processor idle. */
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/time.h"
#include "dev/console.h"
#include "wasi/host.h"

static void sleep_until(uint64_t deadline)
{
    bool enabled = interrupts_save();
    while (deadline == TIME_NEVER || time_now() < deadline)
        time_wait(deadline);
    interrupts_restore(enabled);
}

void host_wait(uint64_t deadline, bool want_stdin, bool *stdin_ready, uint64_t *stdin_bytes)
{
    *stdin_ready = false;
    *stdin_bytes = 0;
    if (!want_stdin) {
        sleep_until(deadline);
        return;
    }
    for (;;) {
        *stdin_ready = console_is_ready(stdin_bytes);
        if (*stdin_ready || (deadline != TIME_NEVER && time_now() >= deadline))
            return;
        console_wait(deadline);
    }
}
