#include "shim/network.h"

#include <net/if.h> /* before the kernel's own headers, which then leave out what it has */

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/tc_act/tc_mirred.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "shim/netlink.h"

#define TAP "mewz0"

struct interface {
    int index; /* 0: none was found */
    int tap_index;
    unsigned char mac[6];
    unsigned mtu;
    struct in_addr address, gateway;
    unsigned prefix;
    bool has_address, has_gateway;
};

/* --- what there is --- */

static void see_link(void *context, const struct nlmsghdr *header, const struct rtattr *const *attributes)
{
    struct interface *interface = context;
    const struct ifinfomsg *link = NLMSG_DATA(header);
    const struct rtattr *name = attributes[IFLA_IFNAME], *mac = attributes[IFLA_ADDRESS], *mtu = attributes[IFLA_MTU];
    if (name && strcmp(RTA_DATA(name), TAP) == 0)
        interface->tap_index = link->ifi_index;
    bool fits = link->ifi_type == ARPHRD_ETHER && link->ifi_flags & IFF_UP && mac &&
                RTA_PAYLOAD(mac) == sizeof interface->mac && interface->tap_index != link->ifi_index;
    if (!fits || interface->index)
        return;
    interface->index = link->ifi_index;
    memcpy(interface->mac, RTA_DATA(mac), sizeof interface->mac);
    if (mtu)
        memcpy(&interface->mtu, RTA_DATA(mtu), sizeof(uint32_t));
}

static void see_address(void *context, const struct nlmsghdr *header, const struct rtattr *const *attributes)
{
    struct interface *interface = context;
    const struct ifaddrmsg *address = NLMSG_DATA(header);
    const struct rtattr *local = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
    if (interface->has_address || (int)address->ifa_index != interface->index || address->ifa_family != AF_INET ||
        !local || RTA_PAYLOAD(local) != sizeof interface->address)
        return;
    memcpy(&interface->address, RTA_DATA(local), sizeof interface->address);
    interface->prefix = address->ifa_prefixlen;
    interface->has_address = true;
}

static void see_route(void *context, const struct nlmsghdr *header, const struct rtattr *const *attributes)
{
    struct interface *interface = context;
    const struct rtmsg *route = NLMSG_DATA(header);
    const struct rtattr *gateway = attributes[RTA_GATEWAY], *out = attributes[RTA_OIF];
    int index = 0;
    if (out)
        memcpy(&index, RTA_DATA(out), sizeof index);
    if (interface->has_gateway || route->rtm_family != AF_INET || route->rtm_dst_len != 0 || !gateway ||
        index != interface->index || RTA_PAYLOAD(gateway) != sizeof interface->gateway)
        return;
    memcpy(&interface->gateway, RTA_DATA(gateway), sizeof interface->gateway);
    interface->has_gateway = true;
}

static int find_interface(int fd, struct interface *interface, struct err *err)
{
    struct buf message = {0};
    *interface = (struct interface){0};
    netlink_begin(&message, RTM_GETLINK, NLM_F_DUMP, &(struct ifinfomsg){0}, sizeof(struct ifinfomsg));
    int result = netlink_list(fd, &message, sizeof(struct ifinfomsg), IFLA_MAX, see_link, interface, err);
    netlink_begin(&message, RTM_GETADDR, NLM_F_DUMP, &(struct ifaddrmsg){.ifa_family = AF_INET},
                  sizeof(struct ifaddrmsg));
    if (result == 0 && interface->index)
        result = netlink_list(fd, &message, sizeof(struct ifaddrmsg), IFA_MAX, see_address, interface, err);
    netlink_begin(&message, RTM_GETROUTE, NLM_F_DUMP, &(struct rtmsg){.rtm_family = AF_INET}, sizeof(struct rtmsg));
    if (result == 0 && interface->index)
        result = netlink_list(fd, &message, sizeof(struct rtmsg), RTA_MAX, see_route, interface, err);
    buf_free(&message);
    return result;
}

/* --- the tap --- */

/* The interface lives as long as somebody has the descriptor open. */
static int make_tap(struct err *err)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    memcpy(request.ifr_name, TAP, sizeof TAP);
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "/dev/net/tun");
    if (ioctl(fd, TUNSETIFF, &request) != 0) {
        err_set_errno(err, "the interface " TAP " cannot be made");
        close(fd);
        return -1;
    }
    return fd;
}

static int bring_up(int fd, int index, unsigned mtu, struct err *err)
{
    struct buf message = {0};
    struct ifinfomsg link = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    netlink_begin(&message, RTM_NEWLINK, 0, &link, sizeof link);
    netlink_put(&message, IFLA_MTU, &mtu, sizeof mtu);
    int result = netlink_do(fd, &message, "bringing " TAP " up", err);
    buf_free(&message);
    return result;
}

/* --- the redirection: tc qdisc add dev FROM ingress --- */

#define INGRESS_HANDLE TC_H_MAKE(TC_H_INGRESS, 0)

static int add_ingress(int fd, int from, struct err *err)
{
    struct buf message = {0};
    struct tcmsg tc = {.tcm_ifindex = from, .tcm_handle = INGRESS_HANDLE, .tcm_parent = TC_H_INGRESS};
    netlink_begin(&message, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, &tc, sizeof tc);
    netlink_put(&message, TCA_KIND, "ingress", sizeof "ingress");
    int result = netlink_do(fd, &message, "an ingress queue", err);
    buf_free(&message);
    return result;
}

/* tc filter add dev FROM parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev TO */
static int add_redirect(int fd, int from, int to, struct err *err)
{
    /* A selector with one key behind it, in which no bit of the packet matters. */
    _Alignas(struct tc_u32_sel) char match[sizeof(struct tc_u32_sel) + sizeof(struct tc_u32_key)] = {0};
    struct tc_u32_sel *selector = (struct tc_u32_sel *)match;
    selector->flags = TC_U32_TERMINAL;
    selector->nkeys = 1;
    struct tc_mirred redirect = {.action = TC_ACT_STOLEN, .eaction = TCA_EGRESS_REDIR, .ifindex = (uint32_t)to};
    struct tcmsg tc = {
        .tcm_ifindex = from, .tcm_parent = INGRESS_HANDLE, .tcm_info = TC_H_MAKE(1 << 16, htons(ETH_P_ALL))};
    struct buf message = {0};
    netlink_begin(&message, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, &tc, sizeof tc);
    netlink_put(&message, TCA_KIND, "u32", sizeof "u32");
    size_t options = netlink_nest(&message, TCA_OPTIONS);
    size_t actions = netlink_nest(&message, TCA_U32_ACT);
    size_t action = netlink_nest(&message, 1);
    netlink_put(&message, TCA_ACT_KIND, "mirred", sizeof "mirred");
    size_t parameters = netlink_nest(&message, TCA_ACT_OPTIONS);
    netlink_put(&message, TCA_MIRRED_PARMS, &redirect, sizeof redirect);
    netlink_unnest(&message, parameters);
    netlink_unnest(&message, action);
    netlink_unnest(&message, actions);
    netlink_put(&message, TCA_U32_SEL, match, sizeof match);
    netlink_unnest(&message, options);
    int result = netlink_do(fd, &message, "a redirection", err);
    buf_free(&message);
    return result;
}

static int connect_interfaces(int fd, int one, int other, struct err *err)
{
    if (add_ingress(fd, one, err) != 0 || add_ingress(fd, other, err) != 0 || add_redirect(fd, one, other, err) != 0 ||
        add_redirect(fd, other, one, err) != 0)
        return -1;
    return 0;
}

/* --- what the machine is told --- */

/* The first name server with an IPv4 address in what the container sees as /etc/resolv.conf, or NULL. */
static const char *find_name_server(const struct spec *spec, struct arena *arena)
{
    const char *path = NULL, *found = NULL;
    for (const struct spec_mount *mount = spec->mounts; mount->destination; mount++)
        if (strcmp(mount->destination, "/etc/resolv.conf") == 0)
            path = mount->source;
    FILE *file = path ? fopen(path, "re") : NULL;
    char line[256], address[64];
    struct in_addr ignored;
    while (file && !found && fgets(line, sizeof line, file))
        if (sscanf(line, "nameserver %63s", address) == 1 && inet_pton(AF_INET, address, &ignored) == 1)
            found = arena_printf(arena, "%s", address);
    if (file)
        fclose(file);
    return found;
}

static const char *make_setting(const struct interface *interface, const struct spec *spec, struct arena *arena)
{
    char address[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN];
    if (!interface->has_address)
        return NULL;
    inet_ntop(AF_INET, &interface->address, address, sizeof address);
    const char *setting = arena_printf(arena, "ip=%s/%u", address, interface->prefix);
    if (interface->has_gateway) {
        inet_ntop(AF_INET, &interface->gateway, gateway, sizeof gateway);
        setting = arena_printf(arena, "%s,gw=%s", setting, gateway);
    }
    const char *name_server = find_name_server(spec, arena);
    return name_server ? arena_printf(arena, "%s,dns=%s", setting, name_server) : setting;
}

/* --- the whole --- */

static int take(int fd, struct network *network, const struct interface *interface, struct err *err)
{
    network->fd = make_tap(err);
    int tap = network->fd >= 0 ? (int)if_nametoindex(TAP) : 0;
    if (tap == 0 || bring_up(fd, tap, interface->mtu, err) != 0 ||
        connect_interfaces(fd, interface->index, tap, err) != 0)
        return -1;
    return 0;
}

int network_take(struct network *network, const struct spec *spec, struct arena *arena, struct err *err)
{
    struct interface interface;
    *network = (struct network){.fd = -1};
    int fd = netlink_open(err);
    int result = fd >= 0 ? find_interface(fd, &interface, err) : -1;
    if (result == 0 && interface.tap_index)
        result = err_set(err, "the pod's network belongs to another of its programs: one with sockets a pod");
    if (result == 0 && interface.index) {
        const unsigned char *mac = interface.mac;
        network->mac =
            arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
        network->mtu = interface.mtu;
        network->setting = make_setting(&interface, spec, arena);
        result = take(fd, network, &interface, err);
    }
    if (fd >= 0)
        close(fd);
    return result;
}
