#include "shim/network.h"

#include <net/if.h> /* before the kernel's own headers, which then leave out what it has */

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "shim/netlink.h"
#include "shim/resolver.h"

#define TAP "mewz" /* the machine's slot follows */

/* Of one version of IP, as all its addresses are. */
struct subnet {
    bool has_address, has_gateway;
    unsigned char address[sizeof(struct in6_addr)], gateway[sizeof(struct in6_addr)];
    unsigned prefix;
};

struct interface {
    int index; /* 0: none was found */
    unsigned char mac[6];
    unsigned mtu;
    struct subnet v4, v6;
};

static size_t address_size(int family)
{
    return family == AF_INET ? sizeof(struct in_addr) : sizeof(struct in6_addr);
}

static struct subnet *subnet_of(struct interface *interface, int family)
{
    return family == AF_INET ? &interface->v4 : family == AF_INET6 ? &interface->v6 : NULL;
}

/* --- what there is --- */

static void see_link(void *context, const struct nlmsghdr *header, const struct rtattr *const *attributes)
{
    struct interface *interface = context;
    const struct ifinfomsg *link = NLMSG_DATA(header);
    const struct rtattr *name = attributes[IFLA_IFNAME], *mac = attributes[IFLA_ADDRESS], *mtu = attributes[IFLA_MTU];
    bool fits = link->ifi_type == ARPHRD_ETHER && link->ifi_flags & IFF_UP && mac &&
                RTA_PAYLOAD(mac) == sizeof interface->mac && name && strncmp(RTA_DATA(name), TAP, strlen(TAP)) != 0;
    if (!fits || interface->index)
        return;
    interface->index = link->ifi_index;
    memcpy(interface->mac, RTA_DATA(mac), sizeof interface->mac);
    if (mtu)
        memcpy(&interface->mtu, RTA_DATA(mtu), sizeof(uint32_t));
}

/* The first of each version that is good anywhere; IPv6 has others for the link alone. */
static void see_address(void *context, const struct nlmsghdr *header, const struct rtattr *const *attributes)
{
    struct interface *interface = context;
    const struct ifaddrmsg *address = NLMSG_DATA(header);
    const struct rtattr *local = attributes[IFA_LOCAL] ? attributes[IFA_LOCAL] : attributes[IFA_ADDRESS];
    struct subnet *subnet = subnet_of(interface, address->ifa_family);
    if (!subnet || subnet->has_address || (int)address->ifa_index != interface->index || !local ||
        RTA_PAYLOAD(local) != address_size(address->ifa_family) ||
        (address->ifa_family == AF_INET6 && address->ifa_scope != RT_SCOPE_UNIVERSE))
        return;
    memcpy(subnet->address, RTA_DATA(local), RTA_PAYLOAD(local));
    subnet->prefix = address->ifa_prefixlen;
    subnet->has_address = true;
}

static void see_route(void *context, const struct nlmsghdr *header, const struct rtattr *const *attributes)
{
    struct interface *interface = context;
    const struct rtmsg *route = NLMSG_DATA(header);
    const struct rtattr *gateway = attributes[RTA_GATEWAY], *out = attributes[RTA_OIF];
    struct subnet *subnet = subnet_of(interface, route->rtm_family);
    int index = 0;
    if (out)
        memcpy(&index, RTA_DATA(out), sizeof index);
    if (!subnet || subnet->has_gateway || route->rtm_dst_len != 0 || !gateway || index != interface->index ||
        RTA_PAYLOAD(gateway) != address_size(route->rtm_family))
        return;
    memcpy(subnet->gateway, RTA_DATA(gateway), RTA_PAYLOAD(gateway));
    subnet->has_gateway = true;
}

static int find_interface(int fd, struct interface *interface, struct err *err)
{
    struct buf message = {0};
    *interface = (struct interface){0};
    netlink_begin(&message, RTM_GETLINK, NLM_F_DUMP, &(struct ifinfomsg){0}, sizeof(struct ifinfomsg));
    int result = netlink_list(fd, &message, sizeof(struct ifinfomsg), IFLA_MAX, see_link, interface, err);
    netlink_begin(&message, RTM_GETADDR, NLM_F_DUMP, &(struct ifaddrmsg){0}, sizeof(struct ifaddrmsg));
    if (result == 0 && interface->index)
        result = netlink_list(fd, &message, sizeof(struct ifaddrmsg), IFA_MAX, see_address, interface, err);
    netlink_begin(&message, RTM_GETROUTE, NLM_F_DUMP, &(struct rtmsg){0}, sizeof(struct rtmsg));
    if (result == 0 && interface->index)
        result = netlink_list(fd, &message, sizeof(struct rtmsg), RTA_MAX, see_route, interface, err);
    buf_free(&message);
    return result;
}

/* --- settings of the pod's network --- */

/* A pod goes on without one that may not be written. */
static void write_setting(const char *name, const char *value)
{
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/net/%s", name);
    FILE *file = fopen(path, "we");
    if (file) {
        fputs(value, file);
        fclose(file);
    }
}

/* What a machine sends to the pod's own addresses comes to lo with such an address as its source. */
static void open_loopback(void)
{
    write_setting("ipv4/conf/lo/accept_local", "1");
    write_setting("ipv4/conf/lo/route_localnet", "1");
}

/* Linux chooses ports for its own sockets below those of the machines. Where it may not be told it still does mostly,
 * for of its usual range it is the larger part. */
static void keep_linux_off(void)
{
    char range[64];
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r+e");
    if (!file)
        return;
    if (fgets(range, sizeof range, file)) {
        char *end;
        unsigned long first = strtoul(range, &end, 10), last = strtoul(end, NULL, 10);
        if (first < REDIRECT_FIRST_PORT && last >= REDIRECT_FIRST_PORT && fseek(file, 0, SEEK_SET) == 0)
            fprintf(file, "%lu %u", first, REDIRECT_FIRST_PORT - 1);
    }
    fclose(file);
}

/* --- the tap --- */

/* The interface lives as long as somebody has the descriptor open. The kernel gives it the first number that is free:
 * the slot. */
static int make_tap(unsigned *slot, int *index, struct err *err)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, .ifr_name = TAP "%d"};
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "/dev/net/tun");
    if (ioctl(fd, TUNSETIFF, &request) != 0) {
        err_set_errno(err, "an interface " TAP " cannot be made");
        close(fd);
        return -1;
    }
    *slot = (unsigned)strtoul(request.ifr_name + strlen(TAP), NULL, 10);
    *index = (int)if_nametoindex(request.ifr_name);
    if (*slot < REDIRECT_SLOTS)
        return fd;
    close(fd);
    return err_set(err, "a pod has room for %u machines with sockets, and this is one more", REDIRECT_SLOTS);
}

/* With the address of the pod's interface, by which a machine reaches the pod. Nothing of Linux's own goes to it. */
static int bring_up(int fd, const struct redirect *redirect, const struct interface *interface, struct err *err)
{
    struct buf message = {0};
    struct ifinfomsg link = {.ifi_index = redirect->tap, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
    char setting[64];
    snprintf(setting, sizeof setting, "ipv6/conf/" TAP "%u/disable_ipv6", redirect->slot);
    write_setting(setting, "1");
    netlink_begin(&message, RTM_NEWLINK, 0, &link, sizeof link);
    netlink_put(&message, IFLA_MTU, &interface->mtu, sizeof interface->mtu);
    netlink_put(&message, IFLA_ADDRESS, interface->mac, sizeof interface->mac);
    int result = netlink_do(fd, &message, "bringing a tap up", err);
    buf_free(&message);
    return result;
}

/* --- what the machine is told --- */

/* NULL if the pod has no address of the family. */
static const char *make_setting(const char *name, int family, const struct subnet *subnet, const struct spec *spec,
                                struct arena *arena)
{
    char address[INET6_ADDRSTRLEN], gateway[INET6_ADDRSTRLEN];
    if (!subnet->has_address)
        return NULL;
    inet_ntop(family, subnet->address, address, sizeof address);
    const char *setting = arena_printf(arena, "%s=%s/%u", name, address, subnet->prefix);
    if (subnet->has_gateway) {
        inet_ntop(family, subnet->gateway, gateway, sizeof gateway);
        setting = arena_printf(arena, "%s,gw=%s", setting, gateway);
    }
    const char *name_server = resolver_find_server(spec, family, arena);
    return name_server ? arena_printf(arena, "%s,dns=%s", setting, name_server) : setting;
}

static void describe(struct network *network, const struct interface *interface, unsigned first_port,
                     const struct spec *spec, struct arena *arena)
{
    const unsigned char *mac = interface->mac;
    network->mac = arena_printf(arena, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    network->mtu = interface->mtu;
    network->settings = arena_array(arena, RESOLVER_SETTINGS_MAX + 4, sizeof *network->settings);
    size_t count = resolver_read(spec, network->settings, arena);
    const char *own[] = {make_setting("ip", AF_INET, &interface->v4, spec, arena),
                         make_setting("ip6", AF_INET6, &interface->v6, spec, arena),
                         arena_printf(arena, "ports=%u-%u", first_port, first_port + REDIRECT_PORTS - 1)};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i])
            network->settings[count++] = own[i];
}

/* --- the whole --- */

static int take(int netlink, struct network *network, const struct interface *interface, const struct spec *spec,
                struct arena *arena, struct err *err)
{
    struct redirect redirect = {.netlink = netlink, .interface = interface->index};
    memcpy(&redirect.address, interface->v4.address, sizeof redirect.address);
    memcpy(&redirect.address6, interface->v6.address, sizeof redirect.address6);
    network->fd = make_tap(&redirect.slot, &redirect.tap, err);
    if (network->fd < 0 || bring_up(netlink, &redirect, interface, err) != 0)
        return -1;
    keep_linux_off();
    open_loopback();
    describe(network, interface, redirect_first_port(&redirect), spec, arena);
    if (redirect_begin(&redirect, err) == 0 && claims_start(&network->claims, &redirect, network->fd, err) == 0)
        return 0;
    redirect_end(&redirect); /* nobody else will: that is the task of the process that was not started */
    return -1;
}

int network_take(struct network *network, const struct spec *spec, struct arena *arena, struct err *err)
{
    struct interface interface;
    *network = (struct network){.fd = -1};
    int fd = netlink_open(err);
    int result = fd >= 0 ? find_interface(fd, &interface, err) : -1;
    if (result == 0 && interface.index && (interface.v4.has_address || interface.v6.has_address))
        result = take(fd, network, &interface, spec, arena, err);
    if (fd >= 0)
        close(fd);
    return result;
}

void network_release(struct network *network)
{
    if (network->fd >= 0)
        close(network->fd);
    if (network->claims.pid > 0)
        claims_finish(&network->claims);
}
