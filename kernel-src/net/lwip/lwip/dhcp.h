/* dhcp.h: lwIP's, with leases counted in seconds instead of minutes. timers.c does not tick them, so that costs nothing.
 * A lease of more than 65,535 seconds is used for so long, and renewed when half of all of it is over. */
#include_next <lwip/dhcp.h>

#undef DHCP_COARSE_TIMER_SECS
#define DHCP_COARSE_TIMER_SECS 1
