/* sched.c: giving way. The program is the only one, so that there is nobody to give way to. */
#include "wasi/preview1.h"
#include "wasi/types.h"

uint32_t wasi_sched_yield(void)
{
    return WASI_SUCCESS;
}
