/* address.h: the network card's addresses. */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include <stdbool.h>

#include <lwip/netif.h>

#include "net/settings.h"

/* Gives the card what the settings say, or begins to ask for it: IPv4 by DHCP, IPv6 of routers. An address that is
 * shared with a pod (claims.h) is used as it is; whoever shares it has seen to it that nobody else on the network has
 * it. */
void address_start(struct netif *card, const struct net_settings *settings);

/* False while the first address may still come. */
bool address_is_known(void);

#endif
