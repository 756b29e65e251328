/* redirect.h: which frames that arrive at a pod's interface are a machine's, by rules of traffic control (tc(8)): the
 * kernel sorts them, and no process touches any.
 *
 * The pod's addresses are shared, those of its loopback interface, too: whatever no machine asks for is Linux's, which
 * answers ARP, neighbour solicitations and pings, and has the ports of ordinary containers. A machine gets what is for
 * its ports, answers to ARP and neighbours' advertisements, errors of ICMP, and later fragments, which name no port.
 * What it sends to one of the pod's addresses arrives at the loopback interface, all else goes out by the pod's. */
#ifndef SHIM_REDIRECT_H
#define SHIM_REDIRECT_H

#include <netinet/in.h>
#include <stdint.h>

#include "base/err.h"

/* A pod has room for so many machines. Each has ports of its own for what asks for none; Linux keeps off them. */
#define REDIRECT_SLOTS      6u
#define REDIRECT_FIRST_PORT 0xd000u
#define REDIRECT_PORTS      0x800u /* of each machine: a power of two, so that one rule matches all */

struct redirect {
    int netlink;            /* a socket of the pod's network namespace */
    int interface, tap;     /* their indexes */
    unsigned slot;          /* the machine's number */
    struct in_addr address; /* the pod's; 0.0.0.0, ::: none */
    struct in6_addr address6;
};

/* The first of the machine's own ports. */
static inline unsigned redirect_first_port(const struct redirect *redirect)
{
    return REDIRECT_FIRST_PORT + redirect->slot * REDIRECT_PORTS;
}

/* Sets the rules that do not depend on what the program does. */
int redirect_begin(const struct redirect *redirect, struct err *err);

/* Adds the rule for a port; `protocol` is IP's number of TCP or UDP. */
int redirect_add_port(const struct redirect *redirect, uint8_t protocol, uint16_t port, struct err *err);

/* Takes all rules of the slot away, also those of a machine that had it before. */
void redirect_end(const struct redirect *redirect);

#endif
