/* inject.c: puts frames on a tap device that no honest host would send.
 *
 *   inject flood|malformed|router INTERFACE COUNT SEED
 *
 * flood: SYNs for 10.0.2.15 port 80 from addresses and ports of all kinds within 10.0.2.0/24. malformed: one of a dozen
 * good frames (ARP, ICMP, TCP, UDP, DHCP and DNS answers, fragments, IPv6, neighbour discovery, router advertisements),
 * in which bytes were changed, cut off, added, or nothing at all, with checksums made right again for half of them so
 * that the change gets far. router: a good router advertisement, of the prefix 2001:db8:7::/64 for ten minutes. The
 * same seed gives the same frames. The interface belongs to a network namespace of the test's own. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ETHERNET = 14, IP4 = 20, IP6 = 40, UDP = 8, FRAME_MAX = 1514 };
enum { QUEUE_MAX = 256, STEP = 64 }; /* frames on their way; frames between two looks at how many there are */

struct frame {
    uint8_t bytes[FRAME_MAX];
    size_t size;
};

static uint64_t state;

/* xorshift64* */
static uint32_t random32(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)(state * 0x2545f4914f6cdd1dull >> 32);
}

static uint32_t below(uint32_t limit)
{
    return random32() % limit;
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* --- good frames --- */

static const uint8_t guest_mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56}, our_mac[6] = {0x52, 0x54, 0, 1, 2, 3};
static const uint8_t guest_ip[4] = {10, 0, 2, 15}, our_ip[4] = {10, 0, 2, 77};
/* fe80::5054:ff:fe12:3456 and fe80::77 */
static const uint8_t guest_ip6[16] = {0xfe, 0x80, [8] = 0x50, 0x54, 0, 0xff, 0xfe, 0x12, 0x34, 0x56};
static const uint8_t our_ip6[16] = {0xfe, 0x80, [15] = 0x77};

static uint8_t *begin(struct frame *frame, unsigned type)
{
    memset(frame, 0, sizeof *frame);
    memcpy(frame->bytes, guest_mac, 6);
    memcpy(frame->bytes + 6, our_mac, 6);
    put16(frame->bytes + 12, type);
    frame->size = ETHERNET;
    return frame->bytes + ETHERNET;
}

static uint8_t *begin_ip4(struct frame *frame, unsigned protocol, size_t size)
{
    uint8_t *ip = begin(frame, ETHERTYPE_IP);
    ip[0] = 0x45;
    put16(ip + 2, (unsigned)(IP4 + size));
    put16(ip + 4, random32() & 0xffff);
    ip[8] = 64;
    ip[9] = (uint8_t)protocol;
    memcpy(ip + 12, our_ip, 4);
    memcpy(ip + 16, guest_ip, 4);
    frame->size += IP4 + size;
    return ip + IP4;
}

static uint8_t *begin_ip6(struct frame *frame, unsigned protocol, size_t size)
{
    uint8_t *ip = begin(frame, ETHERTYPE_IPV6);
    ip[0] = 0x60;
    put16(ip + 4, (unsigned)size);
    ip[6] = (uint8_t)protocol;
    ip[7] = 255;
    memcpy(ip + 8, our_ip6, 16);
    memcpy(ip + 24, guest_ip6, 16);
    frame->size += IP6 + size;
    return ip + IP6;
}

static void fill_tcp(uint8_t *tcp, unsigned flags)
{
    put16(tcp, 1024 + below(60000));
    put16(tcp + 2, below(4) ? 80 : below(65536));
    put16(tcp + 4, below(65536));
    put16(tcp + 8, below(65536));
    tcp[12] = 6 << 4; /* a word of options */
    tcp[13] = (uint8_t)flags;
    put16(tcp + 14, below(65536));
    memcpy(tcp + 20, (const uint8_t[]){2, 4, 5, 0xb4}, 4);
}

static void make_arp(struct frame *frame)
{
    uint8_t *arp = begin(frame, ETHERTYPE_ARP);
    memcpy(arp, (const uint8_t[]){0, 1, 8, 0, 6, 4, 0, 1}, 8);
    arp[7] = (uint8_t)(1 + below(2)); /* request or reply */
    memcpy(arp + 8, our_mac, 6);
    memcpy(arp + 14, our_ip, 4);
    memcpy(arp + 24, guest_ip, 4);
    frame->size += 28;
}

static void make_icmp(struct frame *frame)
{
    size_t data = below(600);
    uint8_t *icmp = begin_ip4(frame, IPPROTO_ICMP, 8 + data);
    icmp[0] = below(2) ? 8 : 3;
}

static void make_tcp(struct frame *frame)
{
    fill_tcp(begin_ip4(frame, IPPROTO_TCP, 24 + below(200)), below(64));
}

static void make_tcp6(struct frame *frame)
{
    fill_tcp(begin_ip6(frame, IPPROTO_TCP, 24 + below(200)), below(64));
}

static void fill_udp(uint8_t *udp, unsigned from, unsigned to, size_t size)
{
    put16(udp, from);
    put16(udp + 2, to);
    put16(udp + 4, (unsigned)(UDP + size));
}

static void make_udp(struct frame *frame)
{
    size_t data = below(300);
    fill_udp(begin_ip4(frame, IPPROTO_UDP, UDP + data), below(65536), below(65536), data);
}

/* An offer or an acknowledgement that nobody asked for, with options of all kinds. */
static void make_dhcp(struct frame *frame)
{
    size_t data = 240 + 60;
    uint8_t *udp = begin_ip4(frame, IPPROTO_UDP, UDP + data), *dhcp = udp + UDP;
    fill_udp(udp, 67, 68, data);
    memcpy(dhcp, (const uint8_t[]){2, 1, 6, 0}, 4);
    memcpy(dhcp + 28, guest_mac, 6);
    memcpy(dhcp + 236, (const uint8_t[]){99, 130, 83, 99, 53, 1, 2, 54, 4, 10, 0, 2, 2, 51, 4, 0, 0, 0, 1}, 19);
    for (size_t i = 255; i < data; i++)
        dhcp[i] = (uint8_t)random32();
}

static void make_dns(struct frame *frame)
{
    static const uint8_t answer[] = {0, 1, 0x81, 0x80, 0,  1, 0, 1, 0, 0, 0, 0, 4,  't', 'e', 's', 't', 0, 0,
                                     1, 0, 1,    0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0,   4,   10,  0,   2, 99};
    uint8_t *udp = begin_ip4(frame, IPPROTO_UDP, UDP + sizeof answer);
    fill_udp(udp, 53, 49152 + below(1000), sizeof answer);
    memcpy(udp + UDP, answer, sizeof answer);
}

static void make_fragment(struct frame *frame)
{
    begin_ip4(frame, IPPROTO_UDP, 8 * (1 + below(60)));
    put16(frame->bytes + ETHERNET + 4, below(16)); /* that many datagrams at once */
    put16(frame->bytes + ETHERNET + 6, (below(2) ? 0x2000 : 0) | below(0x400));
}

static void make_igmp(struct frame *frame)
{
    uint8_t *igmp = begin_ip4(frame, IPPROTO_IGMP, 8);
    igmp[0] = 0x11;
    igmp[1] = (uint8_t)random32();
}

static void make_neighbour(struct frame *frame)
{
    uint8_t *icmp = begin_ip6(frame, IPPROTO_ICMPV6, 32);
    icmp[0] = (uint8_t)(135 + below(2));
    memcpy(icmp + 8, guest_ip6, 16);
    icmp[24] = (uint8_t)(1 + below(2));
    icmp[25] = 1;
    memcpy(icmp + 26, our_mac, 6);
}

static void make_router(struct frame *frame)
{
    uint8_t *icmp = begin_ip6(frame, IPPROTO_ICMPV6, 16 + 32);
    icmp[0] = 134;
    icmp[4] = 64;
    put16(icmp + 6, below(3));
    memcpy(icmp + 16, (const uint8_t[]){3, 4, 64, 0xc0}, 4);
    put16(icmp + 22, below(5)); /* seconds that the prefix is valid */
    put16(icmp + 26, below(5));
    icmp[32] = 0xfd;
    icmp[33] = (uint8_t)random32();
}

/* Fragments and other headers between. */
static void make_extension(struct frame *frame)
{
    static const uint8_t kinds[] = {0, 43, 44, 60, 51, 59};
    uint8_t *header = begin_ip6(frame, kinds[below(sizeof kinds)], 8 * (1 + below(20)));
    header[0] = kinds[below(sizeof kinds)];
    header[1] = (uint8_t)below(4);
    put16(header + 2, random32() & 0xffff);
    header[7] = (uint8_t)below(8);
}

static void (*const makers[])(struct frame *) = {
    make_arp, make_icmp,     make_tcp,  make_tcp6,      make_udp,    make_dhcp,
    make_dns, make_fragment, make_igmp, make_neighbour, make_router, make_extension,
};
enum { MAKERS = sizeof makers / sizeof *makers };

/* --- checksums --- */

static uint32_t sum(uint32_t total, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        total += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
    return total;
}

static void put_sum(uint8_t *at, uint32_t total)
{
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    put16(at, ~total & 0xffff);
}

static void repair_transport(uint8_t *transport, size_t size, unsigned protocol, uint32_t pseudo)
{
    size_t at = protocol == IPPROTO_TCP ? 16 : protocol == IPPROTO_UDP ? 6 : 2;
    bool is_bare = protocol == IPPROTO_ICMP || protocol == IPPROTO_IGMP;
    if (size < at + 2 || (!is_bare && protocol != IPPROTO_TCP && protocol != IPPROTO_UDP && protocol != IPPROTO_ICMPV6))
        return;
    put16(transport + at, 0);
    put_sum(transport + at, sum(is_bare ? 0 : pseudo, transport, size));
}

/* Makes all checksums right, as far as the headers can still be understood. */
static void repair(struct frame *frame)
{
    uint8_t *ip = frame->bytes + ETHERNET;
    size_t size = frame->size > ETHERNET ? frame->size - ETHERNET : 0;
    if (size >= IP6 && ip[0] >> 4 == 6) {
        size_t inner = size - IP6;
        repair_transport(ip + IP6, inner, ip[6], sum((uint32_t)inner + ip[6], ip + 8, 32));
        return;
    }
    size_t header = (ip[0] & 15u) * 4;
    if (size < IP4 || ip[0] >> 4 != 4 || header < IP4 || header > size)
        return;
    put16(ip + 10, 0);
    put_sum(ip + 10, sum(0, ip, header));
    size_t inner = ip[2] * 256u + ip[3];
    inner = inner > header && inner <= size ? inner - header : size - header;
    repair_transport(ip + header, inner, ip[9], sum((uint32_t)inner + ip[9], ip + 12, 8));
}

/* --- what is sent --- */

static void change(struct frame *frame)
{
    for (unsigned i = below(4); i > 0; i--) {
        size_t at = below(4) ? ETHERNET + below(60) : below((uint32_t)frame->size);
        if (at < frame->size)
            frame->bytes[at] = below(3) ? (uint8_t)random32() : below(2) ? 0 : 0xff;
    }
    if (below(6) == 0)
        frame->size = ETHERNET + below((uint32_t)(frame->size - ETHERNET) + 1);
    if (below(12) == 0)
        frame->size += below((uint32_t)(FRAME_MAX - frame->size) + 1);
}

static void make_malformed(struct frame *frame)
{
    makers[below(MAKERS)](frame);
    repair(frame);
    change(frame);
    if (below(2))
        repair(frame);
}

static void make_syn(struct frame *frame)
{
    uint8_t *tcp = begin_ip4(frame, IPPROTO_TCP, 24);
    fill_tcp(tcp, 2);
    put16(tcp + 2, 80);
    frame->bytes[ETHERNET + 15] = (uint8_t)(100 + below(100)); /* hosts that do not exist */
    repair(frame);
}

static void make_good_router(struct frame *frame)
{
    static const uint8_t prefix[8] = {0x20, 0x01, 0x0d, 0xb8, 0, 7, 0, 0};
    static const uint8_t all_nodes[16] = {0xff, 2, [15] = 1}, all_nodes_mac[6] = {0x33, 0x33, 0, 0, 0, 1};
    make_router(frame);
    memcpy(frame->bytes, all_nodes_mac, sizeof all_nodes_mac);
    memcpy(frame->bytes + ETHERNET + 24, all_nodes, sizeof all_nodes);
    uint8_t *icmp = frame->bytes + ETHERNET + IP6;
    put16(icmp + 6, 600);
    put16(icmp + 22, 600);
    put16(icmp + 26, 600);
    memcpy(icmp + 32, prefix, sizeof prefix);
    repair(frame);
}

/* How many frames the machine behind the device has taken: the device counts them when they are read. */
static unsigned long taken(const char *interface)
{
    char line[512];
    unsigned long count = 0;
    FILE *devices = fopen("/proc/self/net/dev", "re");
    while (devices && fgets(line, sizeof line, devices)) {
        char *colon = strchr(line, ':'), *name = line + strspn(line, " ");
        if (colon && strncmp(name, interface, strlen(interface)) == 0 && name + strlen(interface) == colon)
            sscanf(colon + 1, "%*u %*u %*u %*u %*u %*u %*u %*u %*u %lu", &count);
    }
    if (devices)
        fclose(devices);
    return count;
}

/* The device's queue drops what does not fit, so frames wait here until most of those before have been taken. */
static void wait_for_room(const char *interface, unsigned long sent, unsigned long before)
{
    for (unsigned i = 0; i < 20000 && sent > taken(interface) - before + QUEUE_MAX; i++)
        usleep(100);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    void (*make)(struct frame *) = strcmp(argv[1], "flood") == 0    ? make_syn
                                   : strcmp(argv[1], "router") == 0 ? make_good_router
                                                                    : make_malformed;
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(argv[2]), .sll_halen = 6};
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (fd < 0 || to.sll_ifindex == 0) {
        perror("inject");
        return 1;
    }
    state = strtoull(argv[4], NULL, 10) * 2 + 1;
    unsigned long count = strtoul(argv[3], NULL, 10), before = taken(argv[2]);
    for (unsigned long i = 0; i < count; i++) {
        struct frame frame;
        if (i % STEP == 0)
            wait_for_room(argv[2], i, before);
        make(&frame);
        while (sendto(fd, frame.bytes, frame.size, 0, (struct sockaddr *)&to, sizeof to) < 0) {
            if (errno != ENOBUFS && errno != EINTR) {
                perror("inject: sending");
                return 1;
            }
            usleep(100); /* the device's queue is full */
        }
    }
    return 0;
}
