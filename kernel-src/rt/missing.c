#include "rt/missing.h"

#include "rt/trap.h"

void mewz_missing_import(void)
{
    struct trap_registers caller = trap_caller();
    trap_report(MEWZ_TRAP_MISSING_IMPORT, &caller, 0);
}
