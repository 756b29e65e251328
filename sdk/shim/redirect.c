#include "shim/redirect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/tc_act/tc_mirred.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "shim/netlink.h"

#define INGRESS_HANDLE TC_H_MAKE(TC_H_INGRESS, 0)

/* Rules of a lower priority come first. Each kind of rule has one for each slot, so that those of a machine can be
 * removed, and all machines' rules of a kind lie together: what copies must come behind all that redirects. Those of
 * IPv6 have priorities of their own, as tc wants it. */
enum kind {
    FROM_US = 0x100,
    CLAIMED = 0x200,
    OWN = 0x300,
    ERRORS = 0x400,
    NEIGHBOURS = 0x500,
    WHOLE = 0x600,
    FRAGMENTS = 0x700,
};
enum { KINDS_END = 0x800, IPV6_KINDS = 0x1000 };

enum { TO_US = 1, TO_US_IPV6, EVERYTHING }; /* a tap's rules */

enum { LOOPBACK = 1 }; /* the index of lo, in every network namespace */

enum fate {
    TO_LINUX,
    REDIRECT,
    COPY,
    ARRIVE, /* at the other interface, as if it had come from there */
};

/* --- which packets --- */

struct match {
    struct tc_u32_key keys[4];
    unsigned count;
};

/* Demands that the word at `offset` in the packet, of four bytes, has this value under the mask. */
static void demand(struct match *match, int offset, uint32_t value, uint32_t mask)
{
    match->keys[match->count++] = (struct tc_u32_key){.off = offset, .val = htonl(value), .mask = htonl(mask)};
}

/* An IPv4 packet with ports: a header of 20 bytes, and no later fragment. */
static struct match match_port(uint8_t protocol, unsigned port, unsigned mask)
{
    struct match match = {0};
    demand(&match, 0, 0x45000000, 0xff000000);
    demand(&match, 4, 0, 0x00001fff);
    demand(&match, 8, (uint32_t)protocol << 16, 0x00ff0000);
    demand(&match, 20, port, mask);
    return match;
}

/* An IPv6 packet whose header is followed by that of `protocol`. */
static struct match match_next(uint8_t protocol)
{
    struct match match = {0};
    demand(&match, 4, (uint32_t)protocol << 8, 0x0000ff00);
    return match;
}

static struct match match_port6(uint8_t protocol, unsigned port, unsigned mask)
{
    struct match match = match_next(protocol);
    demand(&match, 40, port, mask);
    return match;
}

/* The fragment that has the ports. */
static struct match match_fragment6(uint8_t protocol, unsigned port, unsigned mask)
{
    struct match match = match_next(IPPROTO_FRAGMENT);
    demand(&match, 40, (uint32_t)protocol << 24, 0xff00fff8);
    demand(&match, 48, port, mask);
    return match;
}

/* ICMPv6's type. */
static struct match match_icmp6(unsigned type, unsigned mask)
{
    struct match match = match_next(IPPROTO_ICMPV6);
    demand(&match, 40, type << 24, mask << 24);
    return match;
}

static struct match match_address(int offset, struct in_addr address, uint32_t mask)
{
    struct match match = {0};
    demand(&match, offset, ntohl(address.s_addr), mask);
    return match;
}

static struct match match_address6(int offset, const struct in6_addr *address)
{
    struct match match = {0};
    for (int i = 0; i < 4; i++)
        demand(&match, offset + 4 * i, ntohl(address->s6_addr32[i]), UINT32_MAX);
    return match;
}

/* --- requests --- */

/* tc qdisc add dev FROM ingress; somebody may have made it before. */
static int add_ingress(int netlink, int from, struct err *err)
{
    struct buf message = {0};
    struct err failure = {0};
    struct tcmsg tc = {.tcm_ifindex = from, .tcm_handle = INGRESS_HANDLE, .tcm_parent = TC_H_INGRESS};
    netlink_begin(&message, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &tc, sizeof tc);
    netlink_put(&message, TCA_KIND, "ingress", sizeof "ingress");
    int result = netlink_do(netlink, &message, "an ingress queue", &failure);
    bool is_there = result != 0 && errno == EEXIST;
    buf_free(&message);
    return result == 0 || is_there ? 0 : err_set(err, "%s", failure.text);
}

static void put_action(struct buf *message, enum fate fate, int to)
{
    static const int actions_of[] = {
        [REDIRECT] = TCA_EGRESS_REDIR, [COPY] = TCA_EGRESS_MIRROR, [ARRIVE] = TCA_INGRESS_REDIR};
    struct tc_mirred mirred = {.action = fate == COPY ? TC_ACT_UNSPEC : TC_ACT_STOLEN, /* UNSPEC: rules go on */
                               .eaction = actions_of[fate],
                               .ifindex = (uint32_t)to};
    size_t actions = netlink_nest(message, TCA_U32_ACT);
    size_t action = netlink_nest(message, 1);
    netlink_put(message, TCA_ACT_KIND, "mirred", sizeof "mirred");
    size_t parameters = netlink_nest(message, TCA_ACT_OPTIONS);
    netlink_put(message, TCA_MIRRED_PARMS, &mirred, sizeof mirred);
    netlink_unnest(message, parameters);
    netlink_unnest(message, action);
    netlink_unnest(message, actions);
}

static void put_match(struct buf *message, const struct match *match)
{
    _Alignas(struct tc_u32_sel) char bytes[sizeof(struct tc_u32_sel) + sizeof match->keys] = {0};
    struct tc_u32_sel *selector = (struct tc_u32_sel *)bytes;
    selector->flags = TC_U32_TERMINAL;
    selector->nkeys = (unsigned char)match->count;
    memcpy(selector + 1, match->keys, match->count * sizeof *match->keys);
    netlink_put(message, TCA_U32_SEL, bytes, sizeof *selector + match->count * sizeof *match->keys);
}

/* tc filter add dev FROM parent ffff: prio PRIORITY protocol ETHERTYPE u32 match ... action mirred egress ... dev TO */
static int add_rule(int netlink, int from, int to, unsigned priority, uint16_t ethertype, struct match match,
                    enum fate fate, struct err *err)
{
    struct buf message = {0};
    struct tcmsg tc = {
        .tcm_ifindex = from, .tcm_parent = INGRESS_HANDLE, .tcm_info = TC_H_MAKE(priority << 16, htons(ethertype))};
    netlink_begin(&message, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &tc, sizeof tc);
    netlink_put(&message, TCA_KIND, "u32", sizeof "u32");
    size_t options = netlink_nest(&message, TCA_OPTIONS);
    if (match.count == 0) /* u32 wants one; this one is of no bit */
        demand(&match, 0, 0, 0);
    put_match(&message, &match);
    if (fate != TO_LINUX)
        put_action(&message, fate, to);
    netlink_unnest(&message, options);
    int result = netlink_do(netlink, &message, "a rule for traffic", err);
    buf_free(&message);
    return result;
}

static unsigned priority_of(const struct redirect *redirect, unsigned kind, uint16_t ethertype)
{
    return kind + (ethertype == ETH_P_IPV6 ? IPV6_KINDS : 0) + redirect->slot;
}

/* For what arrives at an interface of the pod. */
static int add(const struct redirect *redirect, int interface, enum kind kind, uint16_t ethertype, struct match match,
               enum fate fate, struct err *err)
{
    return add_rule(redirect->netlink, interface, redirect->tap, priority_of(redirect, kind, ethertype), ethertype,
                    match, fate, err);
}

/* --- the rules --- */

/* For ports under the mask, of every address of the pod. */
static int add_ports(const struct redirect *redirect, enum kind kind, uint8_t protocol, unsigned port, unsigned mask,
                     struct err *err)
{
    const int interfaces[] = {redirect->interface, LOOPBACK};
    struct match fragment = match_fragment6(protocol, port, mask);
    for (size_t i = 0; i < 2; i++)
        if (add(redirect, interfaces[i], kind, ETH_P_IP, match_port(protocol, port, mask), REDIRECT, err) != 0 ||
            add(redirect, interfaces[i], kind, ETH_P_IPV6, match_port6(protocol, port, mask), REDIRECT, err) != 0)
            return -1;
    return add(redirect, redirect->interface, kind, ETH_P_IPV6, fragment, REDIRECT, err);
}

static int add_own_ports(const struct redirect *redirect, struct err *err)
{
    unsigned first = redirect_first_port(redirect), mask = 0xffff & ~(REDIRECT_PORTS - 1);
    return add_ports(redirect, OWN, IPPROTO_TCP, first, mask, err) == 0
               ? add_ports(redirect, OWN, IPPROTO_UDP, first, mask, err)
               : -1;
}

static int add_copies(const struct redirect *redirect, struct err *err)
{
    struct match reply = {0}, unreachable = {0}, whole = {0}, first = match_next(IPPROTO_FRAGMENT);
    demand(&reply, 4, 2, 0x0000ffff); /* ARP's operation */
    demand(&unreachable, 8, IPPROTO_ICMP << 16, 0x00ff0000);
    demand(&unreachable, 20, 3u << 24, 0xff000000); /* ICMP's type */
    demand(&whole, 4, 0, 0x00001fff);
    demand(&first, 40, 0, 0x0000fff8);
    const struct {
        enum kind kind;
        uint16_t ethertype;
        struct match match;
        enum fate fate;
    } rules[] = {
        {ERRORS, ETH_P_IP, unreachable, COPY},
        {NEIGHBOURS, ETH_P_ARP, reply, COPY},
        {WHOLE, ETH_P_IP, whole, TO_LINUX},
        {FRAGMENTS, ETH_P_IP, {0}, COPY},
        {ERRORS, ETH_P_IPV6, match_icmp6(0, 0xfc), COPY}, /* unreachable, too big, time exceeded */
        {NEIGHBOURS, ETH_P_IPV6, match_icmp6(ND_NEIGHBOR_ADVERT, 0xff), COPY},
        {WHOLE, ETH_P_IPV6, first, TO_LINUX},
        {FRAGMENTS, ETH_P_IPV6, match_next(IPPROTO_FRAGMENT), COPY},
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (add(redirect, redirect->interface, rules[i].kind, rules[i].ethertype, rules[i].match, rules[i].fate, err) !=
            0)
            return -1;
    return 0;
}

/* What the pod's addresses are sent by the machine arrives at lo, where Linux takes it, or another machine; and nobody
 * outside is let through to the machine with one of them as the source. */
static int add_addresses(const struct redirect *redirect, struct err *err)
{
    enum { SOURCE = 12, DESTINATION = 16, SOURCE6 = 8, DESTINATION6 = 24 }; /* in the headers */
    const struct in_addr local = {htonl(INADDR_LOOPBACK)};
    const struct {
        struct in_addr address;
        uint32_t mask;
    } addresses[] = {{local, 0xff000000}, {redirect->address, UINT32_MAX}};
    const struct in6_addr *const addresses6[] = {&in6addr_loopback, &redirect->address6};
    for (size_t i = 0; i < 2; i++) {
        struct match from = match_address(SOURCE, addresses[i].address, addresses[i].mask);
        struct match to = match_address(DESTINATION, addresses[i].address, addresses[i].mask);
        struct match from6 = match_address6(SOURCE6, addresses6[i]), to6 = match_address6(DESTINATION6, addresses6[i]);
        if (add(redirect, redirect->interface, FROM_US, ETH_P_IP, from, TO_LINUX, err) != 0 ||
            add(redirect, redirect->interface, FROM_US, ETH_P_IPV6, from6, TO_LINUX, err) != 0 ||
            add_rule(redirect->netlink, redirect->tap, LOOPBACK, TO_US, ETH_P_IP, to, ARRIVE, err) != 0 ||
            add_rule(redirect->netlink, redirect->tap, LOOPBACK, TO_US_IPV6, ETH_P_IPV6, to6, ARRIVE, err) != 0)
            return -1;
    }
    return 0;
}

int redirect_begin(const struct redirect *redirect, struct err *err)
{
    if (add_ingress(redirect->netlink, redirect->interface, err) != 0 ||
        add_ingress(redirect->netlink, LOOPBACK, err) != 0 || add_ingress(redirect->netlink, redirect->tap, err) != 0)
        return -1;
    redirect_end(redirect); /* those of a machine that was killed with all that belonged to it */
    if (add_addresses(redirect, err) != 0 || add_rule(redirect->netlink, redirect->tap, redirect->interface, EVERYTHING,
                                                      ETH_P_ALL, (struct match){0}, REDIRECT, err) != 0)
        return -1;
    return add_own_ports(redirect, err) == 0 ? add_copies(redirect, err) : -1;
}

int redirect_add_port(const struct redirect *redirect, uint8_t protocol, uint16_t port, struct err *err)
{
    return add_ports(redirect, CLAIMED, protocol, port, 0xffff, err);
}

static void remove_rules(const struct redirect *redirect, int interface, unsigned priority)
{
    struct buf message = {0};
    struct err ignored = {0}; /* there may be none */
    struct tcmsg tc = {
        .tcm_ifindex = interface, .tcm_parent = INGRESS_HANDLE, .tcm_info = TC_H_MAKE(priority << 16, 0)};
    netlink_begin(&message, RTM_DELTFILTER, 0, &tc, sizeof tc);
    netlink_do(redirect->netlink, &message, "removing rules", &ignored);
    buf_free(&message);
}

void redirect_end(const struct redirect *redirect)
{
    for (unsigned kind = FROM_US; kind < KINDS_END; kind += CLAIMED - FROM_US) {
        const int interfaces[] = {redirect->interface, LOOPBACK};
        for (size_t i = 0; i < 2; i++) {
            remove_rules(redirect, interfaces[i], priority_of(redirect, kind, ETH_P_IP));
            remove_rules(redirect, interfaces[i], priority_of(redirect, kind, ETH_P_IPV6));
        }
    }
}
