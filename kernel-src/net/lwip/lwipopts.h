/* lwipopts.h: how the kernel builds lwIP. What is not set here is as lwIP's opt.h has it. */
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

/* One caller at a time: net.h says which. */
#define NO_SYS               1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN         0
#define LWIP_SOCKET          0
#define LWIP_TIMERS          1
#define LWIP_TIMERS_CUSTOM   1 /* timers.c: nothing ticks that has nothing to do */

/* Everything comes from one allocator (net/memory.h), so that no pool is too small, and its limit is the only one. */
#define MEM_LIBC_MALLOC              1
#define MEMP_MEM_MALLOC              1
#define mem_clib_malloc              net_alloc
#define mem_clib_calloc              net_alloc_zeroed
#define mem_clib_free                net_free
#define MEM_ALIGNMENT                8
#define LWIP_PBUF_REF_T              u16_t
#define PBUF_LINK_ENCAPSULATION_HLEN 12 /* struct virtio_net_header */

/* Protocols. */
#define LWIP_IPV4                      1
#define LWIP_IPV6                      1
#define LWIP_TCP                       1
#define LWIP_UDP                       1
#define LWIP_RAW                       0
#define LWIP_ICMP                      1
#define LWIP_DHCP                      1
#define LWIP_DHCP_MAX_DNS_SERVERS      2
#define DHCP_DOES_ARP_CHECK            0 /* would delay every start by a second; the server looks before it offers */
#define LWIP_DNS                       1
#define DNS_MAX_SERVERS                3
#define DNS_PORT_ALLOWED               net_may_choose
#define LWIP_ND6_RDNSS_MAX_DNS_SERVERS 1
#define LWIP_IPV6_DHCP6                0
#define LWIP_NETIF_HOSTNAME            1
#define LWIP_NETIF_LOOPBACK            1
#define LWIP_HAVE_LOOPIF               1
#define LWIP_LOOPBACK_MAX_PBUFS        1024
#define LWIP_IPV6_NUM_ADDRESSES        4
#define ARP_TABLE_SIZE                 64
#define ARP_QUEUEING                   1
#define LWIP_ND6_NUM_NEIGHBORS         32
#define LWIP_ND6_NUM_DESTINATIONS      64
#define IP_REASS_MAX_PBUFS             128
#define IPV6_FRAG_COPYHEADER           1 /* a pointer does not fit into the header of a fragment */
#define MEMP_NUM_REASSDATA             16

/* TCP. The windows are what a connection may use; memory that runs short bounds all of them together. */
#define TCP_MSS                   1460
#define LWIP_WND_SCALE            1
#define TCP_RCV_SCALE             4
#define TCP_WND                   (512 * 1024)
#define TCP_SND_BUF               (512 * 1024)
#define TCP_SND_QUEUELEN          4096
#define TCP_SNDLOWAT              (32 * 1024)
#define TCP_OVERSIZE              TCP_MSS
#define TCP_LISTEN_BACKLOG        1
#define TCP_QUEUE_OOSEQ           1
#define TCP_OOSEQ_MAX_PBUFS       1024
#define LWIP_TCP_SACK_OUT         1
#define LWIP_TCP_KEEPALIVE        1
#define LWIP_NETIF_TX_SINGLE_PBUF 1 /* data is copied into its segment at once */
#define SO_REUSE                  1
#define SO_REUSE_RXTOALL          1
#define IP_SOF_BROADCAST          1
#define IP_SOF_BROADCAST_RECV     0
#define LWIP_MULTICAST_TX_OPTIONS 1
#define LWIP_IGMP                 1

/* The card computes and checks what it can (link.c). */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_INLINE_IP_CHKSUM        1

/* What is counted and shown: metrics.c. */
#define LWIP_STATS       1
#define LWIP_STATS_LARGE 1
#define MIB2_STATS       1
#define LINK_STATS       0
#define ETHARP_STATS     0
#define IPFRAG_STATS     0
#define ICMP_STATS       0
#define IGMP_STATS       0
#define MEM_STATS        0
#define MEMP_STATS       0
#define SYS_STATS        0
#define IP6_STATS        1
#define ICMP6_STATS      0
#define IP6_FRAG_STATS   0
#define MLD6_STATS       0
#define ND6_STATS        0

#define LWIP_NETIF_STATUS_CALLBACK 0

/* Initial sequence numbers that nobody can guess (RFC 6528). */
#define LWIP_HOOK_FILENAME "hooks.h"
#define LWIP_HOOK_TCP_ISN  net_tcp_isn

/* Nobody outside has our address (RFC 1122, section 3.2.1.3): a datagram that says so could make a server answer
 * itself for ever. Others of a pod have it (loopback.h). */
#define LWIP_HOOK_IP4_INPUT net_take_ip4
#define LWIP_HOOK_IP6_INPUT net_take_ip6

/* A gateway that was given. */
#define LWIP_HOOK_ND6_GET_GW net_next_hop_ip6

/* Before each segment for a connection. */
#define LWIP_HOOK_TCP_INPACKET_PCB(pcb, header, length, first, second, pbuf) net_check_segment(pcb, header)

#endif
