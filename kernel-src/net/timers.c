/* timers.c: see timers.h. Takes the place of lwIP's timeouts.c (LWIP_TIMERS_CUSTOM). */
#include "net/timers.h"

#include <stdbool.h>

#include <mewz/metrics.h>

#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/igmp.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/mld6.h>
#include <lwip/nd6.h>
#include <lwip/netif.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/timeouts.h>

#include "arch/x86_64/time.h"
#include "net/link.h"
#include "net/protocol.h"

#define MILLISECOND 1000000ull

/* --- what has something to do --- */

static bool tcp_needed(void)
{
    return tcp_active_pcbs || tcp_tw_pcbs;
}

static bool has_card(void)
{
    return netif_default != NULL;
}

/* An answer that is waited for. */
static bool dhcp_fine_needed(void)
{
    struct dhcp *dhcp = netif_default ? netif_dhcp_data(netif_default) : NULL;
    return dhcp && dhcp->request_timeout > 0;
}

/* Reports of group membership that wait for their random delay (RFC 2236, RFC 2710). */
static bool igmp_needed(void)
{
    struct igmp_group *group = netif_default ? netif_igmp_data(netif_default) : NULL;
    while (group && group->timer == 0)
        group = group->next;
    return group != NULL;
}

static bool mld6_needed(void)
{
    struct mld_group *group = netif_default ? netif_mld6_data(netif_default) : NULL;
    while (group && group->timer == 0)
        group = group->next;
    return group != NULL;
}

/* Connections that were begun and not finished count against the backlog. Where they fill it, those that have not been
 * finished for a while make room, or a flood of them would keep everybody else out for lwIP's 20 seconds. */
static void drop_unfinished(void)
{
    enum { PATIENCE = 3000 / TCP_SLOW_INTERVAL };
    struct tcp_pcb *next;
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = next) {
        next = pcb->next;
        const struct tcp_pcb_listen *listener = pcb->listener;
        if (pcb->state == SYN_RCVD && listener && listener->accepts_pending >= listener->backlog &&
            tcp_ticks - pcb->tmr > PATIENCE)
            tcp_abandon(pcb, 0);
    }
}

/* How often all connections together have waited for the acknowledgement that they wait for now. */
static uint32_t retries(void)
{
    uint32_t count = 0;
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
        count += pcb->nrtx;
    return count;
}

static uint32_t timeouts; /* lwIP counts only what it sends again before one */
MEWZ_METRIC(timeouts, "tcp.timeouts", timeouts);

static void run_tcp(void)
{
    uint32_t before = retries();
    tcp_tmr();
    uint32_t after = retries();
    timeouts += after > before ? after - before : 0;
    drop_unfinished();
    tcp_forget_closed();
}

static struct timer {
    uint32_t interval; /* ms */
    void (*run)(void);
    bool (*needed)(void);
    uint64_t due; /* 0 while it is not needed */
} timers[] = {
    {TCP_TMR_INTERVAL, run_tcp, tcp_needed, 0},
    {1000, link_check, has_card, 0},
    {ARP_TMR_INTERVAL, etharp_tmr, has_card, 0},
    {IP_TMR_INTERVAL, ip_reass_tmr, has_card, 0},
    {IP6_REASS_TMR_INTERVAL, ip6_reass_tmr, has_card, 0},
    {ND6_TMR_INTERVAL, nd6_tmr, has_card, 0},
    {DHCP_FINE_TIMER_MSECS, dhcp_fine_tmr, dhcp_fine_needed, 0},
    {DHCP_COARSE_TIMER_MSECS, dhcp_coarse_tmr, has_card, 0},
    {DNS_TMR_INTERVAL, dns_tmr, has_card, 0},
    {IGMP_TMR_INTERVAL, igmp_tmr, igmp_needed, 0},
    {MLD6_TMR_INTERVAL, mld6_tmr, mld6_needed, 0},
};
enum { TIMERS = sizeof timers / sizeof timers[0] };

/* When the first of them is due. What begins to need a timer in between is noticed when that one is, except for TCP,
 * whose connections must not wait: the others count in seconds, and one of a second always runs. */
static uint64_t first_due;

/* lwIP calls this when it starts. */
void sys_timeouts_init(void)
{
}

/* lwIP calls this when there is a connection where there was none. */
void tcp_timer_needed(void)
{
    first_due = 0;
}

/* Starts and stops a timer as it is needed, and runs it if it is due. */
static void update(struct timer *timer, uint64_t now)
{
    bool due = timer->due != 0 && timer->due <= now;
    if (due)
        timer->run();
    if (!timer->needed())
        timer->due = 0;
    else if (due || timer->due == 0)
        timer->due = now + timer->interval * MILLISECOND;
}

void net_timers_run(uint64_t now)
{
    if (now < first_due)
        return;
    first_due = TIME_NEVER;
    for (struct timer *timer = timers; timer < timers + TIMERS; timer++) {
        update(timer, now);
        if (timer->due != 0 && timer->due < first_due)
            first_due = timer->due;
    }
}

uint64_t net_timers_next(void)
{
    return first_due;
}
