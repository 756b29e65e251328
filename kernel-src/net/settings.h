/* settings.h: the network's part of the boot configuration (mewz/config.h). */
#ifndef NET_SETTINGS_H
#define NET_SETTINGS_H

#include <stdbool.h>

#include <lwip/ip4_addr.h>

struct net_settings {
    bool is_static;                                 /* else by DHCP */
    ip4_addr_t address, mask, gateway, name_server; /* any: none */
    const char *hostname;                           /* NULL: none */
    u16_t first_port, last_port;                    /* 0: no range is given */
};

/* Reads the settings; panics where one cannot be understood: a machine with another address than the one that somebody
 * meant for it could do harm. */
void net_settings_read(struct net_settings *settings);

#endif
