/* net.c: see net.h. */
#include "net/net.h"

#include <lwip/init.h>
#include <lwip/netif.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/time.h"
#include "net/address.h"
#include "net/claims.h"
#include "net/link.h"
#include "net/loopback.h"
#include "net/memory.h"
#include "net/protocol.h"
#include "net/settings.h"
#include "net/timers.h"

#define PUSH_DELAY       5000000ull     /* ns: how long what was sent waits for company at most */
#define ADDRESS_PATIENCE 10000000000ull /* ns */
#define FINISH_PATIENCE  5000000000ull  /* ns */
#define FINISH_STEP      1000000ull     /* ns */

static bool started;
static bool running;      /* lwIP is: it is not entered twice */
static unsigned expected; /* pushes that the program is likely to make soon */

/* --- running --- */

/* True if the program has sent something to itself. */
static bool loops(void)
{
    struct netif *netif;
    NETIF_FOREACH(netif)
    {
        if (netif->loop_first)
            return true;
    }
    return false;
}

/* True if there is anything for poll to do. */
static bool has_work(uint64_t now)
{
    return link_has_work() || loops() || net_timers_next() <= now;
}

static void poll(uint64_t now)
{
    running = true;
    link_receive();
    if (loops()) {
        net_timers_expect();
        loopback_poll();
    }
    net_timers_run(now);
    link_push();
    running = false;
}

void net_poll(void)
{
    expected = 0;
    poll(time_now());
}

static bool run_background(void)
{
    uint64_t now = time_now();
    if (running || !has_work(now))
        return false;
    poll(now);
    return true;
}

/* The card's interrupt may be asked for too late for a frame that has just come: then there is no idling. */
static uint64_t begin_idle(void)
{
    link_listen();
    uint64_t now = time_now();
    return has_work(now) ? now : net_timers_next();
}

static const struct time_background background = {run_background, begin_idle, link_unlisten};

void net_push(void)
{
    net_timers_expect(); /* what was handed over may have gone nowhere, and has to be sent again */
    if (!link_must_push())
        return;
    if (expected <= 1) {
        link_push();
        return;
    }
    expected--;
    time_arm(time_now() + PUSH_DELAY);
}

void net_expect(unsigned count)
{
    expected = count;
}

/* --- starting --- */

static void start_card(void)
{
    struct netif *card = netif_default;
    struct net_settings settings;
    net_settings_read(&settings);
    netif_set_hostname(card, settings.hostname);
    claims_start(settings.first_port, settings.last_port);
    address_start(card, &settings);
}

void net_start(void)
{
    if (started)
        return;
    started = true;
    running = true;
    net_memory_init();
    lwip_init();
    loopback_start();
    if (link_start())
        start_card();
    running = false;
    time_set_background(&background);
    net_poll();
}

void net_finish(void)
{
    if (!started)
        return;
    uint64_t now = time_now(), deadline = now + FINISH_PATIENCE;
    bool enabled = interrupts_save();
    tcp_finish();
    net_poll();
    for (; (tcp_is_sending() || link_is_sending()) && now < deadline; now = time_now()) {
        time_wait(now + FINISH_STEP); /* the card tells nobody when it has sent a frame */
        net_poll();
    }
    interrupts_restore(enabled);
}

void net_wait_address(void)
{
    uint64_t deadline = time_now() + ADDRESS_PATIENCE;
    bool enabled = interrupts_save();
    while (!address_is_known() && time_now() < deadline)
        time_wait(deadline);
    interrupts_restore(enabled);
}
