/* profile.h: counts where the program spends its time, for the host (mewz/profile.h). Linked only where that was asked
 * for: references to it are weak. */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

/* Begins to take samples. */
void profile_begin(void);

/* Leaves the table to the host, which ends the machine. Only where there is such a host. */
_Noreturn void profile_end(void);

#endif
