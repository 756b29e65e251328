/* prefetch.h: data asked for ahead of its use, as the module's source may have done before wasm had no instruction for
 * it. */
#ifndef LLVM_PREFETCH_H
#define LLVM_PREFETCH_H

#include "llvm/unit.h"

/* Finds rings in linear memory that delay indices, and prefetches what an index is for when it goes into the ring:
 *
 *     old = ring[i & 7], ring[i & 7] = new;     here memory[base + (new >> 8 << 4)] is prefetched,
 *     ... memory[base + (old >> 8 << 4)] ...    because of this access
 *
 * A program that knows an index and puts it aside for some steps has hardly another reason than that its source
 * prefetched there. `base` is a variable: what lies at a constant is small, as a rule, and in the cache. The ring's
 * mask has 12 bits at most, since what is prefetched must stay in the cache until it is used. Where `new` is made of
 * `old`, these are counters, and no ring.
 *
 * No program sees a prefetch: out of bounds it does nothing. Works on code that has been optimised, in time that grows
 * with its size. */
void prefetch_delayed(struct unit *unit);

#endif
