/* network.h: a machine's card on its pod's interface. */
#ifndef SHIM_NETWORK_H
#define SHIM_NETWORK_H

#include "shim/claims.h"
#include "shim/spec.h"

struct network {
    int fd; /* of the tap interface; -1: the pod has no network */
    struct claims claims;
    const char *mac;       /* all of these on the arena */
    const char **settings; /* "ip=...", "ports=..." and the like (mewz/config.h); NULL-terminated */
    unsigned mtu;
};

/* Connects the first interface of this network namespace that is up, whatever its name, with a new tap interface
 * (redirect.h); one without an address counts as no network. The machine has the interface's MAC, and its first
 * address of IPv4 and of IPv6 with their gateways, its MTU, and the name server of the container's /etc/resolv.conf;
 * and shares them with the pod's other programs (claims.h). Fails where the pod has no room for one more.
 * network_release is due even then. */
int network_take(struct network *network, const struct spec *spec, struct arena *arena, struct err *err);

/* Gives everything back, once the machine has ended. */
void network_release(struct network *network);

#endif
