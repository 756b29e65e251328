/* settings.h: the network's part of the boot configuration (mewz/config.h). */
#ifndef NET_SETTINGS_H
#define NET_SETTINGS_H

#include <stdbool.h>

#include <lwip/ip_addr.h>

/* Of one version of IP, as all its addresses. */
struct net_address {
    bool is_given;
    ip_addr_t address, gateway, name_server; /* any: none */
    unsigned prefix;                         /* bits */
};

struct net_settings {
    struct net_address v4, v6;   /* where neither is given, by DHCP and router advertisements */
    const char *hostname;        /* NULL: none */
    u16_t first_port, last_port; /* 0: no range is given */
};

/* Reads the settings; panics where one cannot be understood: a machine with another address than the one that somebody
 * meant for it could do harm. */
void net_settings_read(struct net_settings *settings);

#endif
