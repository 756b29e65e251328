#include "shim/redirect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/tc_act/tc_mirred.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "shim/netlink.h"

#define INGRESS_HANDLE TC_H_MAKE(TC_H_INGRESS, 0)

/* Rules of a lower priority come first. Each kind of rule has one for each slot, so that those of a machine can be
 * removed, and all machines' rules of a kind lie together: what copies must come behind all that redirects. */
enum kind { CLAIMED = 0x100, OWN = 0x200, ERRORS = 0x300, ARP = 0x400, WHOLE = 0x500, FRAGMENTS = 0x600 };
enum { EVERYTHING = 1 }; /* the only rule of a tap */

enum fate { TO_LINUX, REDIRECT, COPY };

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
    struct tc_mirred mirred = {.action = fate == COPY ? TC_ACT_UNSPEC : TC_ACT_STOLEN, /* UNSPEC: rules go on */
                               .eaction = fate == COPY ? TCA_EGRESS_MIRROR : TCA_EGRESS_REDIR,
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

/* For what arrives at the pod's interface. */
static int add(const struct redirect *redirect, enum kind kind, uint16_t ethertype, struct match match, enum fate fate,
               struct err *err)
{
    return add_rule(redirect->netlink, redirect->interface, redirect->tap, (unsigned)kind + redirect->slot, ethertype,
                    match, fate, err);
}

/* --- the rules --- */

static int add_own_ports(const struct redirect *redirect, struct err *err)
{
    const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
    for (size_t i = 0; i < 2; i++) {
        struct match match = match_port(protocols[i], redirect_first_port(redirect), 0xffff & ~(REDIRECT_PORTS - 1));
        if (add(redirect, OWN, ETH_P_IP, match, REDIRECT, err) != 0)
            return -1;
    }
    return 0;
}

static int add_copies(const struct redirect *redirect, struct err *err)
{
    struct match reply = {0}, unreachable = {0}, whole = {0};
    demand(&reply, 4, 2, 0x0000ffff); /* ARP's operation */
    demand(&unreachable, 8, IPPROTO_ICMP << 16, 0x00ff0000);
    demand(&unreachable, 20, 3u << 24, 0xff000000); /* ICMP's type */
    demand(&whole, 4, 0, 0x00001fff);
    if (add(redirect, ERRORS, ETH_P_IP, unreachable, COPY, err) != 0 ||
        add(redirect, ARP, ETH_P_ARP, reply, COPY, err) != 0 ||
        add(redirect, WHOLE, ETH_P_IP, whole, TO_LINUX, err) != 0 ||
        add(redirect, FRAGMENTS, ETH_P_IP, (struct match){0}, COPY, err) != 0)
        return -1;
    return 0;
}

int redirect_begin(const struct redirect *redirect, struct err *err)
{
    if (add_ingress(redirect->netlink, redirect->interface, err) != 0 ||
        add_ingress(redirect->netlink, redirect->tap, err) != 0)
        return -1;
    redirect_end(redirect); /* those of a machine that was killed with all that belonged to it */
    if (add_rule(redirect->netlink, redirect->tap, redirect->interface, EVERYTHING, ETH_P_ALL, (struct match){0},
                 REDIRECT, err) != 0)
        return -1;
    return add_own_ports(redirect, err) == 0 ? add_copies(redirect, err) : -1;
}

int redirect_add_port(const struct redirect *redirect, uint8_t protocol, uint16_t port, struct err *err)
{
    return add(redirect, CLAIMED, ETH_P_IP, match_port(protocol, port, 0xffff), REDIRECT, err);
}

void redirect_end(const struct redirect *redirect)
{
    const enum kind kinds[] = {CLAIMED, OWN, ERRORS, ARP, WHOLE, FRAGMENTS};
    struct buf message = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct err ignored = {0}; /* there may be none */
        struct tcmsg tc = {.tcm_ifindex = redirect->interface,
                           .tcm_parent = INGRESS_HANDLE,
                           .tcm_info = TC_H_MAKE(((unsigned)kinds[i] + redirect->slot) << 16, 0)};
        netlink_begin(&message, RTM_DELTFILTER, 0, &tc, sizeof tc);
        netlink_do(redirect->netlink, &message, "removing rules", &ignored);
    }
    buf_free(&message);
}
