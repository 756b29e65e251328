/* terminal.h: a pseudo-terminal between a container's FIFOs and its program: whoever types sees it, edits lines, and
 * ends the program by ^C. */
#ifndef SHIM_TERMINAL_H
#define SHIM_TERMINAL_H

#include <sys/types.h>

#include "base/err.h"
#include "shim/streams.h"

/* Makes the terminal this process's descriptors 0 to 2, and its controlling one: it has to lead a session without any.
 * A process of its own, *relay, copies; what nobody takes for 10 seconds it drops. */
int terminal_attach(const struct streams *streams, pid_t *relay, struct err *err);

/* Lets go of the terminal, and waits until what was written to it has been copied. */
void terminal_finish(pid_t relay);

#endif
