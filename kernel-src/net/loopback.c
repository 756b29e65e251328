/* loopback.c: see loopback.h. lwIP queues what a machine sends to itself, and asks our hook (hooks.h) when it takes a
 * packet out of the queue, as it does for packets from the card: there it is decided who gets it. */
#include "net/loopback.h"

#include <stdbool.h>

#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/prot/ethernet.h>
#include <netif/ethernet.h>

#include "hooks.h"
#include "net/claims.h"

enum { SOURCE = 0, DESTINATION = 2 }; /* where TCP and UDP have the port in their headers */

static struct netif *loop; /* has 127.0.0.1 and ::1 */
static bool looping;       /* what lwIP takes comes from the queues */

void loopback_start(void)
{
    loop = netif_find("lo0");
    /* Linux, too, leaves checksums out where a packet does not leave the machine. */
    loop->chksum_flags = NETIF_CHECKSUM_ENABLE_ALL & ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
}

void loopback_poll(void)
{
    looping = true;
    netif_poll_all();
    looping = false;
}

/* What is asked of a packet, of either version of IP. */
struct packet {
    u16_t type; /* as Ethernet has it */
    unsigned protocol, header_size;
    bool from_us, to_loopback, to_many;
};

/* Whether the packet's port is this machine's. */
static bool has_own_port(const struct pbuf *pbuf, const struct packet *packet, unsigned which)
{
    u16_t port;
    if ((packet->protocol != IP_PROTO_TCP && packet->protocol != IP_PROTO_UDP) ||
        pbuf_copy_partial(pbuf, &port, sizeof port, (u16_t)(packet->header_size + which)) != sizeof port)
        return false;
    return claims_have(packet->protocol == IP_PROTO_TCP ? HOST_TCP : HOST_UDP, lwip_ntohs(port));
}

/* The card's other end has the same address as the card. */
static bool give_to_pod(struct pbuf *pbuf, u16_t type)
{
    const struct eth_addr *address = (const struct eth_addr *)netif_default->hwaddr;
    ethernet_output(netif_default, pbuf, address, address, type);
    pbuf_free(pbuf); /* the card has a reference of its own */
    return true;
}

/* True if the packet has been given to somebody else, or freed. */
static bool take(struct pbuf *pbuf, const struct packet *packet)
{
    bool shared = claims_are_shared();
    if (looping)
        return shared && !packet->to_many && !has_own_port(pbuf, packet, DESTINATION) &&
               give_to_pod(pbuf, packet->type);
    if (packet->from_us && (!shared || has_own_port(pbuf, packet, SOURCE))) {
        pbuf_free(pbuf);
        return true;
    }
    return shared && packet->to_loopback && ip_input(pbuf, loop) == ERR_OK;
}

/* The queues' packets, and the card's; not those that go on to `loop`. */
static bool must_look(const struct pbuf *pbuf, const struct netif *netif, unsigned header_size)
{
    return (looping || netif == netif_default) && pbuf->len >= header_size;
}

int net_take_ip4(struct pbuf *pbuf, struct netif *netif)
{
    const struct ip_hdr *header = pbuf->payload;
    if (!must_look(pbuf, netif, IP_HLEN))
        return false;
    const ip4_addr_t from = {header->src.addr}, to = {header->dest.addr}, *own = netif_ip4_addr(netif);
    const struct packet packet = {
        .type = ETHTYPE_IP,
        .protocol = IPH_PROTO(header),
        .header_size = IPH_HL_BYTES(header),
        .from_us = ip4_addr_isloopback(&from) || (!ip4_addr_isany_val(*own) && ip4_addr_cmp(&from, own)),
        .to_loopback = ip4_addr_isloopback(&to),
        .to_many = ip4_addr_ismulticast(&to),
    };
    return take(pbuf, &packet);
}

/* An address that the machine only tries may well be somebody else's: who has it says so (RFC 4862, section 5.4.4). */
static bool has_address(struct netif *netif, const ip6_addr_t *address)
{
    s8_t index = netif_get_ip6_addr_match(netif, address);
    return index >= 0 && ip6_addr_isvalid(netif_ip6_addr_state(netif, index));
}

int net_take_ip6(struct pbuf *pbuf, struct netif *netif)
{
    const struct ip6_hdr *header = pbuf->payload;
    ip6_addr_t from, to;
    if (!must_look(pbuf, netif, IP6_HLEN))
        return false;
    ip6_addr_copy_from_packed(from, header->src);
    ip6_addr_copy_from_packed(to, header->dest);
    ip6_addr_assign_zone(&from, IP6_UNICAST, netif);
    const struct packet packet = {
        .type = ETHTYPE_IPV6,
        .protocol = IP6H_NEXTH(header),
        .header_size = IP6_HLEN,
        .from_us = ip6_addr_isloopback(&from) || has_address(netif, &from),
        .to_loopback = ip6_addr_isloopback(&to),
        .to_many = ip6_addr_ismulticast(&to),
    };
    return take(pbuf, &packet);
}
