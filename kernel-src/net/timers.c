/* timers.c: see timers.h. Takes the place of lwIP's timeouts.c (LWIP_TIMERS_CUSTOM).
 *
 * What only ages has no timer that ticks while nobody looks: it is aged by many seconds at once. */
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
#define SECOND      1000000000ull

/* --- what has something to do --- */

/* True if a connection waits for something that comes by time. One over which nothing is on its way needs no clock, and
 * TCP's stands still when there are no others. */
static bool waits(const struct tcp_pcb *pcb)
{
    enum { PENDING = TF_ACK_DELAY | TF_ACK_NOW | TF_FIN | TF_CLOSEPEND | TF_NAGLEMEMERR };
    bool rests = pcb->state == ESTABLISHED || pcb->state == CLOSE_WAIT;
    return !rests || pcb->unsent || pcb->unacked || pcb->ooseq || pcb->refused_data || pcb->persist_backoff > 0 ||
           pcb->flags & PENDING || ip_get_option(pcb, SOF_KEEPALIVE);
}

static bool tcp_needed(void)
{
    const struct tcp_pcb *pcb = tcp_active_pcbs;
    while (pcb && !waits(pcb))
        pcb = pcb->next;
    return pcb != NULL;
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

/* A peer that closes its window and then acknowledges everything, also what is going to be sent again, leaves lwIP
 * asking for a window for nothing, which it asserts never to do. */
static void end_persisting(void)
{
    for (struct tcp_pcb *pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
        if (pcb->persist_backoff > 0 && (!pcb->unsent || pcb->unacked)) {
            pcb->persist_backoff = 0;
            pcb->rtime = pcb->unacked && pcb->rtime < 0 ? 0 : pcb->rtime; /* and waits for this acknowledgement */
        }
}

static void run_tcp(void)
{
    end_persisting();
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
    {TCP_TMR_INTERVAL, run_tcp, tcp_needed, 0}, /* the first */
    {1000, link_check, link_must_check, 0},        {DHCP_FINE_TIMER_MSECS, dhcp_fine_tmr, dhcp_fine_needed, 0},
    {IGMP_TMR_INTERVAL, igmp_tmr, igmp_needed, 0}, {MLD6_TMR_INTERVAL, mld6_tmr, mld6_needed, 0},
};
enum { TIMERS = sizeof timers / sizeof timers[0] };
static struct timer *const tcp_timer = &timers[0];

static uint64_t first_due;    /* when the first of all is, or something has to be looked at */
static bool expecting;        /* there has been traffic since the last run */
static uint64_t last_traffic; /* when it was noticed */

void net_timers_expect(void)
{
    expecting = true;
}

/* lwIP calls this when there is a connection where there was none. */
void tcp_timer_needed(void)
{
    expecting = true;
}

/* --- what ages in seconds: neighbours, fragments, names, routers and their prefixes, leases, closed connections --- */

enum {
    BUSY = 5,          /* s after traffic in which an answer may be waited for */
    FORGETTING = 360,  /* s after traffic in which something may be forgotten: nothing is kept for longer */
    QUIET_STEP = 60,   /* s: how often that is looked at */
    AT_ONCE_MAX = 600, /* s: more makes no difference, but to leases */
};
_Static_assert(ARP_TMR_INTERVAL == 1000 && IP_TMR_INTERVAL == 1000 && IP6_REASS_TMR_INTERVAL == 1000 &&
                   ND6_TMR_INTERVAL == 1000 && DNS_TMR_INTERVAL == 1000 && DHCP_COARSE_TIMER_MSECS == 1000,
               "all of them count seconds");

static uint64_t aged; /* until when everything has been aged */

/* lwIP calls this when it starts. */
void sys_timeouts_init(void)
{
    aged = time_now();
}

/* What a router has promised for a while. */
static bool has_lifetimes(void)
{
    for (unsigned i = 0; i < LWIP_ND6_NUM_ROUTERS; i++)
        if (default_router_list[i].neighbor_entry)
            return true;
    for (unsigned i = 0; i < LWIP_ND6_NUM_PREFIXES; i++)
        if (prefix_list[i].netif)
            return true;
    for (s8_t i = 0; netif_default && i < LWIP_IPV6_NUM_ADDRESSES; i++)
        if (!netif_ip6_addr_isstatic(netif_default, i) &&
            !ip6_addr_life_isinfinite(netif_ip6_addr_valid_life(netif_default, i)))
            return true;
    return false;
}

/* Seconds until the lease needs something; UINT32_MAX: it does not. */
static uint32_t lease_left(void)
{
    const struct dhcp *dhcp = netif_default ? netif_dhcp_data(netif_default) : NULL;
    uint32_t left = UINT32_MAX;
    if (!dhcp)
        return left;
    const uint32_t counts[] = {dhcp->t1_renew_time, dhcp->t2_rebind_time,
                               dhcp->t0_timeout ? (uint32_t)dhcp->t0_timeout - dhcp->lease_used : 0};
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (counts[i] > 0 && counts[i] < left)
            left = counts[i];
    return left;
}

/* Who does not answer is forgotten with what there was to send to him (RFC 4861, section 7.2.2). lwIP keeps a router
 * that has announced itself, and would queue more and more for one that does not answer. */
static void end_waiting_for_routers(void)
{
    for (unsigned i = 0; i < LWIP_ND6_NUM_NEIGHBORS; i++) {
        struct nd6_neighbor_cache_entry *neighbor = &neighbor_cache[i];
        if (neighbor->state != ND6_INCOMPLETE || neighbor->counter.probes_sent < LWIP_ND6_MAX_MULTICAST_SOLICIT)
            continue;
        struct nd6_q_entry *next;
        for (struct nd6_q_entry *entry = neighbor->q; entry; entry = next) {
            next = entry->next;
            pbuf_free(entry->p);
            memp_free(MEMP_ND6_QUEUE, entry);
        }
        neighbor->q = NULL;
    }
}

static void age(uint64_t now)
{
    uint64_t seconds = (now - aged) / SECOND;
    aged += seconds * SECOND;
    for (uint64_t i = 0; i < seconds; i++) {
        dhcp_coarse_tmr();
        if (i >= AT_ONCE_MAX)
            continue;
        etharp_tmr();
        ip_reass_tmr();
        ip6_reass_tmr();
        end_waiting_for_routers();
        nd6_tmr();
        dns_tmr();
    }
    if (seconds > 0 && tcp_tw_pcbs && tcp_timer->due == 0) {
        tcp_ticks += (uint32_t)(seconds * 1000 / TCP_SLOW_INTERVAL) - 1; /* and one more by this: */
        tcp_slowtmr();
    }
}

/* When to do so again. */
static uint64_t next_ageing(uint64_t now)
{
    uint64_t quiet = now - last_traffic, lease = lease_left();
    uint64_t seconds = quiet < BUSY * SECOND ? 1 : quiet < FORGETTING * SECOND || has_lifetimes() ? QUIET_STEP : lease;
    if (lease < seconds)
        seconds = lease;
    return seconds < UINT32_MAX ? aged + seconds * SECOND : TIME_NEVER;
}

/* --- all of them --- */

/* A segment may be late, or an acknowledgement due. */
static void note_traffic(uint64_t now)
{
    expecting = false;
    last_traffic = now;
    if (tcp_timer->due == 0)
        tcp_timer->due = now + TCP_TMR_INTERVAL * MILLISECOND;
    if (tcp_timer->due < first_due)
        first_due = tcp_timer->due; /* then the others will be looked at, too */
}

/* Starts and stops a timer as it is needed, and runs it if it is due. TCP's, once started, runs once at least. */
static void update(struct timer *timer, uint64_t now)
{
    bool started = timer->due != 0, due = started && timer->due <= now;
    if (due)
        timer->run();
    if (!timer->needed() && !(timer == tcp_timer && started && !due))
        timer->due = 0;
    else if (due || !started)
        timer->due = now + timer->interval * MILLISECOND;
}

void net_timers_run(uint64_t now)
{
    if (expecting)
        note_traffic(now);
    if (now < first_due)
        return;
    age(now);
    first_due = next_ageing(now);
    for (struct timer *timer = timers; timer < timers + TIMERS; timer++) {
        update(timer, now);
        if (timer->due != 0 && timer->due < first_due)
            first_due = timer->due;
    }
}

uint64_t net_timers_next(void)
{
    return expecting ? 0 : first_due;
}
