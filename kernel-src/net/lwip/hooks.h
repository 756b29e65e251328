/* hooks.h: what lwIP calls of ours beside its memory (arch/cc.h). */
#ifndef NET_HOOKS_H
#define NET_HOOKS_H

#include "lwip/err.h"
#include "lwip/ip_addr.h"

/* The initial sequence number of a connection (RFC 6528); hosts in host byte order. */
u32_t net_tcp_isn(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port);

struct netif;
struct pbuf;
struct tcp_hdr;
struct tcp_pcb;

/* True if a packet that arrived is not to be processed; then it has been freed, or given to somebody else. loopback.c
 */
int net_take_ip4(struct pbuf *pbuf, struct netif *netif);
int net_take_ip6(struct pbuf *pbuf, struct netif *netif);

/* Where a packet for an address that is not known to be a neighbour's goes; NULL: lwIP chooses a router. address.c */
const ip6_addr_t *net_next_hop_ip6(struct netif *netif, const ip6_addr_t *to);

/* Refuses a segment that no good peer sends for that connection, with an error; ERR_OK lets it through.
 * tcp_list.c */
err_t net_check_segment(struct tcp_pcb *pcb, const struct tcp_hdr *header);

#endif
