/* metrics.c: what of lwIP's own counters is shown (mewz/metrics.h). They are here in place of lwIP's stats.c, which has
 * nothing else but functions to print them. */
#include <mewz/metrics.h>

#include <lwip/stats.h>

struct stats_ lwip_stats;

/* lwIP calls this when it starts. */
void stats_init(void)
{
}

#define METRIC(label, id, field) MEWZ_METRIC(id, label, lwip_stats.field)

METRIC("ip.packets_dropped", ip_drop, ip.drop);
METRIC("ip.checksum_errors", ip_checksum, ip.chkerr);
METRIC("ipv6.packets_dropped", ip6_drop, ip6.drop);
METRIC("tcp.segments_received", tcp_in, mib2.tcpinsegs);
METRIC("tcp.segments_sent", tcp_out, mib2.tcpoutsegs);
METRIC("tcp.segments_retransmitted", tcp_again, mib2.tcpretranssegs);
METRIC("tcp.segments_dropped", tcp_drop, tcp.drop);
METRIC("tcp.checksum_errors", tcp_checksum, tcp.chkerr);
METRIC("tcp.out_of_memory", tcp_memory, tcp.memerr);
METRIC("tcp.connections_opened", tcp_opened, mib2.tcpactiveopens);
METRIC("tcp.connections_accepted", tcp_accepted, mib2.tcppassiveopens);
METRIC("tcp.resets_sent", tcp_resets, mib2.tcpoutrsts);
METRIC("udp.datagrams_received", udp_in, mib2.udpindatagrams);
METRIC("udp.datagrams_sent", udp_out, mib2.udpoutdatagrams);
METRIC("udp.no_port", udp_no_port, mib2.udpnoports);
METRIC("udp.checksum_errors", udp_checksum, udp.chkerr);
