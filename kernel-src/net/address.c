/* address.c: see address.h. */
#include "net/address.h"

#include <lwip/dhcp.h>
#include <lwip/dns.h>

#include "hooks.h"
#include "net/claims.h"

enum { LINK_LOCAL, GIVEN }; /* the card's IPv6 addresses: lwIP keeps the first for the one that is local to the link */

static bool is_given;            /* there is nothing to wait for */
static struct net_address given; /* of IPv6 */

bool address_is_known(void)
{
    return is_given || !netif_default || !ip4_addr_isany_val(*netif_ip4_addr(netif_default));
}

/* The servers are asked in their order. */
static void add_name_server(const struct net_address *from)
{
    static u8_t count;
    if (!ip_addr_isany(&from->name_server))
        dns_setserver(count++, &from->name_server);
}

static void set_ip4(struct netif *card, const struct net_address *from)
{
    ip4_addr_t mask = {from->prefix == 0 ? 0 : lwip_htonl(UINT32_MAX << (32 - from->prefix))};
    netif_set_addr(card, ip_2_ip4(&from->address), &mask, ip_2_ip4(&from->gateway));
    add_name_server(from);
}

/* With lifetimes that do not end, rather than as lwIP's static addresses, to which it gives a prefix of 64 bits. */
static void set_ip6(struct netif *card, const struct net_address *from)
{
    given = *from;
    netif_ip6_addr_set(card, GIVEN, ip_2_ip6(&given.address));
    netif_ip6_addr_set_valid_life(card, GIVEN, IP6_ADDR_LIFE_INFINITE);
    netif_ip6_addr_set_pref_life(card, GIVEN, IP6_ADDR_LIFE_INFINITE);
    netif_ip6_addr_set_state(card, GIVEN, IP6_ADDR_PREFERRED);
    ip6_addr_assign_zone(ip_2_ip6(&given.gateway), IP6_UNICAST, card);
    add_name_server(from);
}

static void start_ip6(struct netif *card, const struct net_address *from)
{
    bool shared = claims_are_shared();
    if (shared && !from->is_given)
        return;
    netif_create_ip6_linklocal_address(card, 1);
    if (shared)
        netif_ip6_addr_set_state(card, LINK_LOCAL, IP6_ADDR_PREFERRED);
    if (from->is_given)
        set_ip6(card, from);
    else
        netif_set_ip6_autoconfig_enabled(card, 1);
}

void address_start(struct netif *card, const struct net_settings *settings)
{
    is_given = settings->v4.is_given || settings->v6.is_given;
    if (settings->v4.is_given)
        set_ip4(card, &settings->v4);
    else if (!is_given)
        dhcp_start(card);
    start_ip6(card, &settings->v6);
}

static bool is_on_link(const ip6_addr_t *to)
{
    const ip6_addr_t *own = ip_2_ip6(&given.address);
    unsigned bits = given.prefix;
    for (unsigned i = 0; i < 4 && bits > 0; i++, bits -= bits < 32 ? bits : 32) {
        u32_t mask = bits >= 32 ? UINT32_MAX : lwip_htonl(UINT32_MAX << (32 - bits));
        if ((own->addr[i] ^ to->addr[i]) & mask)
            return false;
    }
    return true;
}

/* hooks.h */
const ip6_addr_t *net_next_hop_ip6(struct netif *netif, const ip6_addr_t *to)
{
    if (netif != netif_default || !given.is_given)
        return NULL;
    return is_on_link(to) ? to : ip_addr_isany(&given.gateway) ? NULL : ip_2_ip6(&given.gateway);
}
