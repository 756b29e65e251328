/* tcp_list.c: lwIP's lists of connections, which it goes through one by one, and what it takes for granted about those
 * in them. */
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#include "hooks.h"
#include "net/predict.h"
#include "net/protocol.h"
#include "net/tcp_socket.h"

enum { TIME_WAIT_MAX = 128 }; /* connections that are remembered */

/* Both ports of a connection, which lie side by side, as one number: this is looked at more often than anything else.
 */
static uint32_t ports_of(const struct tcp_pcb *pcb)
{
    uint32_t ports;
    _Static_assert(offsetof(struct tcp_pcb, remote_port) == offsetof(struct tcp_pcb, local_port) + sizeof(u16_t), "");
    __builtin_memcpy(&ports, (const char *)pcb + offsetof(struct tcp_pcb, local_port), sizeof ports);
    return ports;
}

/* The next segments of a connection of ours are likely to be as expected. */
static void expect_more(struct tcp_pcb *pcb)
{
    if (pcb->state == ESTABLISHED && pcb->recv == tcp_socket_handle_received)
        ((struct tcp_socket *)pcb->callback_arg)->place = predict_remember(pcb);
}

/* protocol.h */
void tcp_bring_forward(u16_t remote_port, u16_t local_port)
{
    uint32_t ports = (uint32_t)remote_port << 16 | local_port;
    struct tcp_pcb *before = NULL, *pcb = tcp_active_pcbs;
    while (pcb && ports_of(pcb) != ports) {
        before = pcb;
        pcb = pcb->next;
    }
    if (pcb)
        expect_more(pcb);
    if (!pcb || !before)
        return;
    before->next = pcb->next;
    pcb->next = tcp_active_pcbs;
    tcp_active_pcbs = pcb;
}

/* protocol.h. The addresses' zones are not compared: there is one network. */
void tcp_begin_again(const ip_addr_t *from, const struct tcp_hdr *header)
{
    uint32_t ports = (uint32_t)lwip_ntohs(header->src) << 16 | lwip_ntohs(header->dest);
    struct tcp_pcb **at = &tcp_tw_pcbs, *pcb;
    while ((pcb = *at) != NULL && (ports_of(pcb) != ports || !ip_addr_cmp_zoneless(&pcb->remote_ip, from)))
        at = &pcb->next;
    if (!pcb || !TCP_SEQ_GT(lwip_ntohl(header->seqno), pcb->rcv_nxt))
        return;
    *at = pcb->next;
    memp_free(MEMP_TCP_PCB, pcb);
}

/* protocol.h. The oldest are at the end of the list, and hold nothing but themselves (tcp_pcb_purge). */
void tcp_forget_closed(void)
{
    struct tcp_pcb **at = &tcp_tw_pcbs, *next;
    for (unsigned count = 0; *at && count < TIME_WAIT_MAX; count++)
        at = &(*at)->next;
    struct tcp_pcb *pcb = *at;
    *at = NULL;
    for (; pcb; pcb = next) {
        next = pcb->next;
        memp_free(MEMP_TCP_PCB, pcb);
    }
}

/* What was received ahead and lies behind the peer's FIN goes. */
static void cut_behind_fin(struct tcp_pcb *pcb)
{
    struct tcp_seg *last = pcb->ooseq;
    while (last && !(TCPH_FLAGS(last->tcphdr) & TCP_FIN))
        last = last->next;
    if (last) {
        tcp_segs_free(last->next);
        last->next = NULL;
    }
}

/* hooks.h. lwIP asserts of a peer that what it sends ends with its FIN, and that a connection that it began does not
 * begin again within a segment that acknowledges ours (RFC 9293, 3.10.7.4, would have us acknowledge and drop that). */
err_t net_check_segment(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    if (pcb->state == LISTEN)
        return ERR_OK;
    cut_behind_fin(pcb);
    bool begins_again = (TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK);
    return pcb->state == SYN_RCVD && begins_again ? ERR_VAL : ERR_OK;
}

bool tcp_is_sending(void)
{
    const struct tcp_pcb *pcb = tcp_active_pcbs;
    while (pcb && !pcb->unsent && !pcb->unacked)
        pcb = pcb->next;
    return pcb != NULL;
}
