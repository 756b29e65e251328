/* exit.c: the end of the program is the end of the machine. */
#include "dev/exit.h"

#include "dev/console.h"
#include "wasi/host.h"

_Noreturn void host_exit(int code)
{
    console_flush();
    machine_exit(code);
}
