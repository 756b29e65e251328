#include "rt/missing.h"

#include "rt/trap.h"

void mewz_missing_import(void)
{
    const uint64_t *frame = __builtin_frame_address(0);
    struct trap_registers caller = {.rip = frame[1] - 1, .rsp = (uint64_t)(frame + 2), .rbp = frame[0]};
    trap_report(MEWZ_TRAP_MISSING_IMPORT, &caller, 0);
}
