/* signals.h: what the shim and its tasks ignore, and nobody else: it is for whoever looks after containers, not for
 * them, and a peer that has gone is an error of writing. */
#ifndef SHIM_SIGNALS_H
#define SHIM_SIGNALS_H

/* SIGINT, SIGTERM and SIGPIPE. A process that is forked off ignores them as well, and so does a program that it
 * becomes. */
void signals_ignore(void);

/* Gives them their default actions again, in a process that is about to become a program of others. */
void signals_restore(void);

#endif
