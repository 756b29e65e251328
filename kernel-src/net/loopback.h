/* loopback.h: what this machine sends to 127.0.0.1, ::1 and its own addresses.
 *
 * A machine whose address is shared (claims.h) shares these with its pod as well: a packet for a port that is not its
 * own goes out by the card, and what others of the pod send to its ports comes in there. Whoever connects machine and
 * pod lets nothing in from outside that says it is from such an address. */
#ifndef NET_LOOPBACK_H
#define NET_LOOPBACK_H

/* Once lwIP is up. */
void loopback_start(void);

/* Hands what the machine has sent to itself over to lwIP, or to the pod. */
void loopback_poll(void);

#endif
