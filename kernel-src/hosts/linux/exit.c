/* exit.c: the ends of the process. */
#include "hosts/linux/start.h"
#include "hosts/linux/syscall.h"
#include "rt/message.h"
#include "wasi/host.h"

_Noreturn void host_exit(int code)
{
    for (;;)
        syscall2(__NR_exit_group, code, 0);
}

_Noreturn void start_fail(const char *what)
{
    message_write("%s: %s\n", mewz_program.name, what);
    host_exit(START_FAILED);
}
