/* predict.c: see predict.h. For IPv4; section numbers are those of RFC 9293, if nothing else is said. */
#include "net/predict.h"

#include <stdint.h>
#include <string.h>

#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/tcp.h>
#include <lwip/stats.h>

struct headers {
    struct eth_hdr ethernet;
    struct ip_hdr ip;
    struct tcp_hdr tcp;
};
_Static_assert(sizeof(struct headers) == SIZEOF_ETH_HDR + IP_HLEN + TCP_HLEN, "as they are in a frame");

/* --- the table --- */

enum { PLACE_BITS = 10 };
static struct tcp_pcb *table[1u << PLACE_BITS];

static unsigned place_of(u16_t remote_port, u16_t local_port, u32_t remote)
{
    uint32_t key = ((uint32_t)remote_port << 16 | local_port) ^ remote;
    return key * 0x9e3779b1u >> (32 - PLACE_BITS); /* the golden ratio spreads what follows each other */
}

unsigned predict_remember(struct tcp_pcb *pcb)
{
    if (!IP_IS_V4_VAL(pcb->remote_ip))
        return 0;
    unsigned place = place_of(pcb->remote_port, pcb->local_port, ip_2_ip4(&pcb->remote_ip)->addr);
    table[place] = pcb;
    return place;
}

void predict_forget(unsigned place, const struct tcp_pcb *pcb)
{
    if (table[place] == pcb)
        table[place] = NULL;
}

void predict_forget_all(void)
{
    memset(table, 0, sizeof table);
}

static struct tcp_pcb *find(const struct headers *headers)
{
    u16_t remote_port = lwip_ntohs(headers->tcp.src), local_port = lwip_ntohs(headers->tcp.dest);
    struct tcp_pcb *pcb = table[place_of(remote_port, local_port, headers->ip.src.addr)];
    bool matches = pcb && pcb->remote_port == remote_port && pcb->local_port == local_port &&
                   ip_2_ip4(&pcb->remote_ip)->addr == headers->ip.src.addr &&
                   ip_2_ip4(&pcb->local_ip)->addr == headers->ip.dest.addr;
    return matches ? pcb : NULL;
}

/* --- what is expected --- */

/* True if the sum over an IP header without options is that of a good one (RFC 1071). */
static bool has_good_sum(const struct ip_hdr *ip)
{
    uint32_t words[IP_HLEN / 4];
    uint64_t sum = 0;
    memcpy(words, ip, sizeof words);
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
        sum += words[i];
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

/* True for a whole IPv4 packet for this machine, with a segment that has an acknowledgement and no other flag but PSH.
 * No header has options, and nothing lies behind the packet. */
static bool is_plain(const struct pbuf *frame, const struct headers *headers, const struct netif *netif)
{
    enum { MASK = 0xf000 | (TCP_FLAGS & ~TCP_PSH), WANTED = TCP_HLEN / 4 << 12 | TCP_ACK };
    const struct ip_hdr *ip = &headers->ip;
    u32_t own = netif_ip4_addr(netif)->addr;
    return frame->len >= sizeof *headers && headers->ethernet.type == PP_HTONS(ETHTYPE_IP) &&
           !(headers->ethernet.dest.addr[0] & 1) && ip->_v_hl == (4 << 4 | IP_HLEN / 4) &&
           IPH_PROTO(ip) == IP_PROTO_TCP && lwip_ntohs(IPH_LEN(ip)) == frame->tot_len - SIZEOF_ETH_HDR &&
           !(IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)) && ip->dest.addr == own && ip->src.addr != own &&
           (headers->tcp._hdrlen_rsvd_flags & PP_HTONS(MASK)) == PP_HTONS(WANTED) && has_good_sum(ip);
}

/* True if the segment is the next one, of `size` bytes or new only in what it acknowledges, and the connection is not
 * busy with anything that was lost. */
static bool is_expected(const struct tcp_pcb *pcb, u32_t sequence, u32_t acknowledged, size_t size)
{
    u32_t newly = acknowledged - pcb->lastack;
    return pcb->state == ESTABLISHED && pcb->recv && sequence == pcb->rcv_nxt && newly <= pcb->snd_nxt - pcb->lastack &&
           (size > 0 || newly > 0) && pcb->rcv_wnd > 0 && size <= pcb->rcv_wnd && !pcb->unsent && !pcb->ooseq &&
           !pcb->refused_data && !(pcb->flags & (TF_RXCLOSED | TF_INFR | TF_RTO)) && pcb->persist_backoff == 0 &&
           !LWIP_TCP_SACK_VALID(pcb, 0);
}

/* --- what it changes --- */

/* Section 3.10.7.4, the send window; of the same sequence and acknowledgement only a larger one counts. */
static void take_window(struct tcp_pcb *pcb, u32_t sequence, u32_t acknowledged, u16_t window)
{
    tcpwnd_size_t size = SND_WND_SCALE(pcb, (tcpwnd_size_t)window);
    bool is_newer = TCP_SEQ_LT(pcb->snd_wl1, sequence) ||
                    (pcb->snd_wl1 == sequence && TCP_SEQ_LT(pcb->snd_wl2, acknowledged)) ||
                    (pcb->snd_wl2 == acknowledged && size > pcb->snd_wnd);
    if (!is_newer)
        return;
    pcb->snd_wnd = size;
    if (pcb->snd_wnd_max < size)
        pcb->snd_wnd_max = size;
    pcb->snd_wl1 = sequence;
    pcb->snd_wl2 = acknowledged;
}

/* Slow start, with at most two segments an acknowledgement (RFC 3465, section 2.2), or congestion avoidance (2.1). */
static void open_congestion_window(struct tcp_pcb *pcb, tcpwnd_size_t newly)
{
    tcpwnd_size_t increase = pcb->mss;
    if (pcb->cwnd < pcb->ssthresh) {
        increase = newly < 2u * pcb->mss ? newly : 2u * pcb->mss;
    } else {
        TCP_WND_INC(pcb->bytes_acked, newly);
        if (pcb->bytes_acked < pcb->cwnd)
            return;
        pcb->bytes_acked -= pcb->cwnd;
    }
    TCP_WND_INC(pcb->cwnd, increase);
}

static void free_acknowledged(struct tcp_pcb *pcb)
{
    struct tcp_seg *segment;
    while ((segment = pcb->unacked) != NULL &&
           TCP_SEQ_LEQ(lwip_ntohl(segment->tcphdr->seqno) + TCP_TCPLEN(segment), pcb->lastack)) {
        pcb->unacked = segment->next;
        pcb->snd_queuelen = (u16_t)(pcb->snd_queuelen - pbuf_clen(segment->p));
        pcb->snd_buf += segment->len;
        tcp_seg_free(segment);
    }
}

static void take_acknowledgement(struct tcp_pcb *pcb, u32_t acknowledged)
{
    tcpwnd_size_t newly = acknowledged - pcb->lastack;
    pcb->dupacks = 0;
    if (newly == 0)
        return;
    pcb->lastack = acknowledged;
    pcb->nrtx = 0;
    pcb->rto = (s16_t)((pcb->sa >> 3) + pcb->sv);
    open_congestion_window(pcb, newly);
    free_acknowledged(pcb);
    pcb->rtime = pcb->unacked ? 0 : -1;
    pcb->polltmr = 0;
    pcb->unsent_oversize = 0; /* there is nothing unsent */
}

/* RFC 6298, section 2, in whole numbers as in V. Jacobson, Congestion Avoidance and Control, 1988, appendix A: `sa` is
 * eight times the smoothed round-trip time, `sv` four times its variation. */
static void measure_round_trip(struct tcp_pcb *pcb)
{
    int error = (s16_t)(tcp_ticks - pcb->rttest) - (pcb->sa >> 3);
    pcb->sa = (s16_t)(pcb->sa + error);
    pcb->sv = (s16_t)(pcb->sv + (error < 0 ? -error : error) - (pcb->sv >> 2));
    pcb->rto = (s16_t)((pcb->sa >> 3) + pcb->sv);
    pcb->rttest = 0;
}

/* The owner takes everything (tcp_data.c). */
static void take_data(struct tcp_pcb *pcb, struct pbuf *data)
{
    pcb->rcv_nxt += data->tot_len;
    pcb->rcv_wnd -= data->tot_len;
    tcp_update_rcv_ann_wnd(pcb);
    tcp_ack(pcb);
    pcb->recv(pcb->callback_arg, pcb, data, ERR_OK);
}

bool predict_take(struct pbuf *frame, const struct netif *netif)
{
    const struct headers *headers = frame->payload;
    struct tcp_pcb *pcb;
    if (!is_plain(frame, headers, netif) || (pcb = find(headers)) == NULL)
        return false;
    u32_t sequence = lwip_ntohl(headers->tcp.seqno), acknowledged = lwip_ntohl(headers->tcp.ackno);
    size_t size = frame->tot_len - sizeof *headers;
    if (!is_expected(pcb, sequence, acknowledged, size))
        return false;
    MIB2_STATS_INC(mib2.tcpinsegs);
    pcb->tmr = tcp_ticks;
    pcb->keep_cnt_sent = 0;
    pcb->persist_probe = 0;
    take_window(pcb, sequence, acknowledged, lwip_ntohs(headers->tcp.wnd));
    take_acknowledgement(pcb, acknowledged);
    if (pcb->rttest && TCP_SEQ_LT(pcb->rtseq, acknowledged))
        measure_round_trip(pcb);
    pbuf_remove_header(frame, sizeof *headers);
    if (size > 0)
        take_data(pcb, frame);
    else
        pbuf_free(frame);
    if (pcb->flags & TF_ACK_NOW)
        tcp_output(pcb);
    return true;
}
