/* claims.h: the ports of a pod's address, which its machines and its ordinary containers share: who asks first has one.
 *
 * A machine asks for each port that its program names (mewz/claim.h). A process beside the machine answers: it keeps a
 * port by a socket of Linux that is bound to it, so that Linux itself judges between machines and containers, and has
 * the port's traffic redirected. It needs root's rights in the pod's network, which QEMU has given away. */
#ifndef SHIM_CLAIMS_H
#define SHIM_CLAIMS_H

#include <sys/types.h>

#include "shim/redirect.h"

struct claims {
    int fd; /* the machine's end */
    pid_t pid;
};

/* Starts the process; `redirect` has begun, and ends with it, when nobody has the machine's end open any more. Until
 * then it keeps the tap's descriptor open, by which the slot is taken. */
int claims_start(struct claims *claims, const struct redirect *redirect, int tap, struct err *err);

/* Closes this process's copy of the machine's end and waits until everything is removed. */
void claims_finish(struct claims *claims);

#endif
