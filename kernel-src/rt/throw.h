/* throw.h: from a throw to its handler (abi.h, mewz_throw). */
#ifndef RT_THROW_H
#define RT_THROW_H

#include <mewz/abi.h>

#include "rt/trap.h"

/* Called by mewz_throw (throw_entry.S) with the registers of the throwing function. Changes them to those with which
 * the handler continues, and returns the handler's selector; or, where there is no handler, traps at the throw. Only
 * functions that have unwind rules can be left: others keep what a handler's function has in registers to themselves.
 */
uint64_t throw_find_handler(const struct mewz_exception *exception, struct trap_registers *registers);

#endif
