/* exit.c: the end that a program chooses. */
#include "wasi/host.h"
#include "wasi/preview1.h"

_Noreturn void wasi_proc_exit(uint32_t code)
{
    host_exit(code & 0xff); /* as POSIX's exit: the parent sees the low 8 bits */
}
