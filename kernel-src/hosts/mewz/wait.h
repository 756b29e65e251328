/* wait.h: what host_wait asks of sockets. */
#ifndef HOSTS_MEWZ_WAIT_H
#define HOSTS_MEWZ_WAIT_H

#include "wasi/host.h"

/* Fills in what of the watch's socket is ready. */
void socket_look(struct host_watch *watch);

#endif
