/* wait.h: room for the sockets that host_wait waits for.
 *
 * The kernel wants them as one array. It grows when a socket is opened, which can fail, so that waiting cannot. */
#ifndef LINUX_WAIT_H
#define LINUX_WAIT_H

#include <stdbool.h>

/* For each socket that is opened; false if there is no memory. */
bool wait_reserve(void);

/* For each socket that is closed. */
void wait_release(void);

#endif
