/* network.h: a pod's interface becomes a machine's card. */
#ifndef SHIM_NETWORK_H
#define SHIM_NETWORK_H

#include "shim/spec.h"

struct network {
    int fd;              /* of the tap interface, the caller's to close; -1: the pod has no network */
    const char *mac;     /* all of these on the arena */
    const char *setting; /* "ip=..." (mewz/config.h), or NULL where the interface has no address */
    unsigned mtu;
};

/* Connects the first interface of this network namespace that is up and no loopback, whatever its name, with a new
 * tap interface: what comes in by one goes out by the other. The machine takes the interface's place: its MAC and IP
 * addresses, its gateway, its MTU; and the name server of the container's /etc/resolv.conf. The tap goes with the
 * descriptor. Fails where another machine has the interface already. */
int network_take(struct network *network, const struct spec *spec, struct arena *arena, struct err *err);

#endif
