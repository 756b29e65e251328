/* profile.h: where a program spends its time, as a table in the kernel's memory (`mewz-cc run --profile`).
 *
 * A kernel that was linked for it looks at its own stack MEWZ_PROFILE_HZ times in each second that it computes, and
 * counts in `mewz_profile` how often it saw which one. Whoever runs the machine reads the table out of its memory: at
 * any time, or when the exit code has come (mewz/channels.h), behind which such a kernel waits to be ended. Idling is
 * not counted. */
#ifndef MEWZ_PROFILE_H
#define MEWZ_PROFILE_H

#include <stdint.h>

#define MEWZ_PROFILE_HZ    1000
#define MEWZ_PROFILE_DEPTH 62
#define MEWZ_PROFILE_SLOTS 16384 /* a power of 2 */

struct mewz_profile_stack {
    uint32_t count;                      /* how often it was seen; 0 where the slot is empty */
    uint32_t depth;                      /* MEWZ_PROFILE_DEPTH where the outer frames may be missing */
    uint32_t frames[MEWZ_PROFILE_DEPTH]; /* addresses in instructions, less mewz_kernel_base, the innermost first */
};

struct mewz_profile {
    uint32_t taken;                                       /* samples in all */
    uint32_t lost;                                        /* those of them for which the table had no room */
    struct mewz_profile_stack stacks[MEWZ_PROFILE_SLOTS]; /* a hash table */
};

_Static_assert(sizeof(struct mewz_profile) == 8 + 256 * MEWZ_PROFILE_SLOTS, "the table is read on another machine");

#endif
