/* raise.c: signals that a program sends itself. There are no handlers in preview 1, so that each does what its witx
 * entry says: most end the program, some are ignored. */
#include "rt/trap.h"
#include "wasi/preview1.h"
#include "wasi/types.h"

/* witx, signal: the numbers of those that do not end the program. */
#define SIGNAL_BIT(number) (1u << (number))
#define IGNORED            (SIGNAL_BIT(16) | SIGNAL_BIT(17) | SIGNAL_BIT(22) | SIGNAL_BIT(27)) /* chld cont urg winch */
#define STOPPING           (SIGNAL_BIT(18) | SIGNAL_BIT(19) | SIGNAL_BIT(20) | SIGNAL_BIT(21)) /* stop tstp ttin ttou */

uint32_t wasi_proc_raise(uint32_t signal)
{
    if (signal == 0 || signal >= WASI_SIGNAL_COUNT)
        return WASI_EINVAL;
    if (SIGNAL_BIT(signal) & IGNORED)
        return WASI_SUCCESS;
    if (SIGNAL_BIT(signal) & STOPPING)
        return WASI_ENOTSUP; /* nobody could make the program continue */
    struct trap_registers caller = trap_caller();
    trap_report(MEWZ_TRAP_RAISED, &caller, 0);
}
