/* net.c: libFuzzer's target for the network: link.c, tcp.c, udp.c, the timers and lwIP as the kernel builds them, on a
 * card of our own. An input is a list of events: frames as they are, TCP segments that nearly fit a connection, time
 * that passes, and what a program does with its sockets. Whatever comes, nothing may be used after it was freed, and a
 * quiet minute after each input all memory has come back.
 *
 * Only the kernel's own headers are here, as in the kernel: memory is the compiler's __builtin_malloc. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lwip/dhcp.h>
#include <lwip/etharp.h>
#include <lwip/igmp.h>
#include <lwip/init.h>
#include <lwip/ip4_frag.h>
#include <lwip/ip6_frag.h>
#include <lwip/mld6.h>
#include <lwip/netif.h>
#include <lwip/priv/memp_priv.h>
#include <lwip/priv/nd6_priv.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/prot/ethernet.h>

#include "arch/x86_64/time.h"
#include "dev/entropy.h"
#include "dev/virtio_net.h"
#include "mm/page.h"
#include "net/link.h"
#include "net/loopback.h"
#include "net/memory.h"
#include "net/net.h"
#include "net/timers.h"
#include "panic.h"
#include "wasi/host_socket.h"
#include "wasi/types.h"

#define SECOND 1000000000ull
enum { BUFFERS = 256, SOCKETS = 8, FRAME_MAX = 1514, OBJECTS_MAX = 20000 };

/* --- what the network needs of the kernel --- */

static uint64_t clock = 1;
static size_t objects;
/* What may be left of an input: buffers for the card, link_send.c's two, and groups of IPv4's and of each IPv6 address.
 */
enum { KEPT_MAX = BUFFERS + 2 + 1 + LWIP_IPV6_NUM_ADDRESSES };
enum { SIZES = 4096 };
static size_t objects_of[SIZES + 1]; /* by their size; the last: of all that are larger */

uint64_t time_now(void)
{
    return clock;
}

void entropy_read(void *bytes, size_t size)
{
    __builtin_memset(bytes, 7, size);
}

uint64_t page_phys(const void *address)
{
    return (uint64_t)address;
}

int dprintf(int file, const char *format, ...);
int vdprintf(int file, const char *format, __builtin_va_list values);

_Noreturn void panic(const char *subsystem, const char *format, ...)
{
    __builtin_va_list values;
    __builtin_va_start(values, format);
    dprintf(2, "%s: ", subsystem);
    vdprintf(2, format, values);
    dprintf(2, "\n");
    __builtin_trap();
}

void warn(const char *subsystem, const char *format, ...)
{
    (void)subsystem, (void)format;
}

const char *host_setting(const char *name, uint32_t index)
{
    (void)name, (void)index;
    return NULL;
}

size_t malloc_usable_size(void *memory); /* AddressSanitizer's is what was asked for */

static size_t *count_of(void *memory)
{
    size_t size = malloc_usable_size(memory);
    return &objects_of[size < SIZES ? size : SIZES];
}

void *net_alloc(size_t size)
{
    void *memory = objects < OBJECTS_MAX ? __builtin_malloc(size) : NULL;
    if (memory) {
        objects++;
        ++*count_of(memory);
    }
    return memory;
}

void *net_alloc_zeroed(size_t count, size_t size)
{
    void *memory = net_alloc(count * size);
    if (memory)
        __builtin_memset(memory, 0, count * size);
    return memory;
}

void net_free(void *memory)
{
    if (memory) {
        objects--;
        --*count_of(memory);
    }
    __builtin_free(memory);
}

size_t net_memory_pages(void)
{
    return objects / 2;
}

size_t net_memory_limit(void)
{
    return OBJECTS_MAX;
}

/* --- claims: all addresses are this machine's, or a pod's, of whose ports every other one is the machine's --- */

static bool is_shared;

bool claims_are_shared(void)
{
    return is_shared;
}

bool claims_have(enum host_protocol protocol, u16_t port)
{
    return !is_shared || port % 2 == 0;
}

uint32_t claims_take(enum host_protocol protocol, u16_t port)
{
    return 0;
}

u16_t claims_next_port(void)
{
    return 0;
}

unsigned claims_range_size(void)
{
    return 1;
}

int net_may_choose(u16_t port)
{
    return port >= 1024;
}

void net_start(void)
{
}

void net_poll(void)
{
}

void net_wait_address(void)
{
}

void net_expect(unsigned count)
{
    (void)count;
}

void net_push(void)
{
    link_push();
}

/* --- the card --- */

static void *buffers[BUFFERS]; /* offered, the oldest first */
static uint32_t buffer_sizes[BUFFERS];
static unsigned buffer_count;
static void *sent[BUFFERS]; /* tokens of frames that have been sent */
static unsigned sent_count;

static struct {
    uint8_t bytes[FRAME_MAX];
    uint32_t size;
} arriving; /* size 0: nothing does */

static uint64_t digest; /* of all that was sent, and of what the program was told: fuzz/predict.c */

static void note(const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        digest = (digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3; /* FNV-1a */
}

/* The last segment that was sent to each of our ports, to answer it. */
static uint32_t their_next[SOCKETS], our_next[SOCKETS];

bool virtio_net_start(struct virtio_net *net)
{
    *net = (struct virtio_net){.mtu = 1500, .checksums = true, .segments = true, .has_address = true};
    net->receive.size = BUFFERS;
    __builtin_memcpy(net->address, (const uint8_t[]){0x52, 0x54, 0, 0x12, 0x34, 0x56}, 6);
    return true;
}

bool virtio_net_is_up(struct virtio_net *net)
{
    (void)net;
    return true;
}

bool virtio_net_must_ask(const struct virtio_net *net)
{
    (void)net;
    return true;
}

bool virtio_net_has_failed(struct virtio_net *net)
{
    (void)net;
    return false;
}

void virtio_net_stop(struct virtio_net *net)
{
    (void)net;
}

void *virtio_net_recover_buffer(struct virtio_net *net)
{
    (void)net;
    return NULL;
}

void *virtio_net_recover_token(struct virtio_net *net)
{
    (void)net;
    return NULL;
}

bool virtio_net_restart(struct virtio_net *net)
{
    (void)net;
    return true;
}

bool virtio_net_offer(struct virtio_net *net, void *buffer, uint32_t size)
{
    (void)net;
    if (buffer_count == BUFFERS)
        return false;
    buffers[buffer_count] = buffer;
    buffer_sizes[buffer_count++] = size;
    return true;
}

bool virtio_net_receive(struct virtio_net *net, struct virtio_net_frame *frame)
{
    (void)net;
    if (arriving.size == 0 || buffer_count == 0)
        return false;
    uint8_t *buffer = buffers[0];
    __builtin_memset(buffer, 0, sizeof(struct virtio_net_header));
    __builtin_memcpy(buffer + sizeof(struct virtio_net_header), arriving.bytes, arriving.size);
    *frame = (struct virtio_net_frame){.good = true, .checked = true, .count = 1};
    frame->buffers[0] = buffer;
    frame->sizes[0] = arriving.size + (uint32_t)sizeof(struct virtio_net_header);
    buffer_count--;
    __builtin_memmove(buffers, buffers + 1, buffer_count * sizeof *buffers);
    arriving.size = 0;
    return true;
}

bool virtio_net_has_received(const struct virtio_net *net)
{
    (void)net;
    return arriving.size > 0;
}

static uint32_t read32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Every byte of it is read, as a card would; and of TCP segments to us is noted where the connection is. */
bool virtio_net_send(struct virtio_net *net, const struct virtq_slice *slices, unsigned count, void *token)
{
    (void)net;
    if (sent_count == BUFFERS)
        return false;
    for (unsigned i = 0; i < count; i++)
        note((const void *)slices[i].address, slices[i].size);
    const uint8_t *tcp = (const uint8_t *)slices[0].address + sizeof(struct virtio_net_header) + 34;
    if (slices[0].size >= 12 + 54 && tcp[-22] == 8 && tcp[-11] == 6 && tcp[2] == 0x10 && tcp[3] < SOCKETS) {
        their_next[tcp[3]] = read32(tcp + 4) + ((tcp[13] & 3) != 0);
        our_next[tcp[3]] = read32(tcp + 8);
    }
    sent[sent_count++] = token;
    return true;
}

void *virtio_net_reclaim(struct virtio_net *net)
{
    (void)net;
    return sent_count ? sent[--sent_count] : NULL;
}

void virtio_net_kick(struct virtio_net *net)
{
    (void)net;
}

void virtio_net_listen(struct virtio_net *net, bool transmit)
{
    (void)net, (void)transmit;
}

void virtio_net_unlisten(struct virtio_net *net)
{
    (void)net;
}

/* --- events --- */

struct input {
    const uint8_t *at, *end;
};

static struct host_socket *sockets[SOCKETS]; /* 0 listens, 1 is for datagrams */

static uint8_t next(struct input *input)
{
    return input->at < input->end ? *input->at++ : 0;
}

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

static void repair_header(uint8_t *ip)
{
    put16(ip + 10, 0);
    uint16_t sum = (uint16_t)~net_checksum(ip, (ip[0] & 15) * 4);
    __builtin_memcpy(ip + 10, &sum, sizeof sum);
}

static void deliver(uint32_t size)
{
    arriving.size = size;
    link_receive();
    loopback_poll();
    link_push();
}

/* The Internet checksum of the last `size` bytes, of which 2 at `at` are its place. */
static void repair_message(uint8_t *message, uint32_t size, uint32_t pseudo, uint32_t at)
{
    if (size < at + 2)
        return;
    put16(message + at, 0);
    uint32_t sum = net_checksum(message, (int)size) + pseudo;
    sum = (sum & 0xffff) + (sum >> 16);
    uint16_t value = (uint16_t)~((sum & 0xffff) + (sum >> 16));
    __builtin_memcpy(message + at, &value, sizeof value);
}

static void finish_ip4(uint8_t *ip, uint32_t size)
{
    static const uint8_t protocols[] = {1, 2, 6, 17};
    ip[0] = 0x45;
    put16(ip + 2, size);
    ip[9] = protocols[ip[9] % sizeof protocols];
    __builtin_memcpy(ip + 16, (const uint8_t[]){10, 0, 2, 15}, 4);
    repair_header(ip);
    if (ip[9] <= 2)
        repair_message(ip + 20, size - 20, 0, 2);
}

static void finish_ip6(uint8_t *ip, uint32_t size)
{
    static const uint8_t protocols[] = {0, 6, 17, 43, 44, 58, 58, 58, 60};
    ip[0] = 0x60;
    put16(ip + 4, size - 40);
    ip[6] = protocols[ip[6] % sizeof protocols];
    ip[7] = 255;
    __builtin_memcpy(ip + 8, (const uint8_t[]){0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}, 16);
    __builtin_memcpy(ip + 24, netif_ip6_addr(netif_default, 0)->addr, 16);
    uint16_t length = __builtin_bswap16((uint16_t)(size - 40)), protocol = __builtin_bswap16(58);
    if (ip[6] == 58)
        repair_message(ip + 40, size - 40, net_checksum(ip + 8, 32) + length + protocol, 2);
}

/* A frame of any bytes; some are given headers that let them in. */
static void deliver_raw(struct input *input)
{
    uint8_t flags = next(input);
    uint32_t size = 60 + next(input) + (flags & 1 ? 256u * next(input) % 1100 : 0);
    uint8_t *ip = arriving.bytes + 14;
    __builtin_memset(arriving.bytes, 0, sizeof arriving.bytes);
    for (uint32_t i = 14; i < size && input->at < input->end; i++)
        arriving.bytes[i] = *input->at++;
    __builtin_memcpy(arriving.bytes,
                     flags & 2 ? netif_default->hwaddr : (const uint8_t[]){255, 255, 255, 255, 255, 255}, 6);
    static const uint16_t types[] = {0x800, 0x806, 0x86dd, 0x8100};
    put16(arriving.bytes + 12, types[flags >> 2 & 3]);
    if (flags & 16 && (flags >> 2 & 3) == 0)
        finish_ip4(ip, size - 14);
    if (flags & 16 && (flags >> 2 & 3) == 2)
        finish_ip6(ip, size - 14);
    deliver(size);
}

/* The neighbour from whom the segments come: without it there would be no answers to them. */
static void introduce(void)
{
    static const uint8_t arp[] = {0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 2, 10, 0, 2, 2};
    __builtin_memset(arriving.bytes, 0, sizeof arriving.bytes);
    __builtin_memcpy(arriving.bytes, netif_default->hwaddr, 6);
    put16(arriving.bytes + 12, 0x806);
    __builtin_memcpy(arriving.bytes + 14, arp, sizeof arp);
    __builtin_memcpy(arriving.bytes + 32, netif_default->hwaddr, 6);
    __builtin_memcpy(arriving.bytes + 38, (const uint8_t[]){10, 0, 2, 15}, 4);
    deliver(60);
}

/* A segment from 10.0.2.2, port 0x1000 + k, to 10.0.2.15, port 80, near to what is expected. */
static void deliver_segment(struct input *input)
{
    uint8_t k = next(input) % SOCKETS, flags = next(input), options = next(input) % 6, data = next(input);
    int8_t sequence = (int8_t)next(input), acknowledged = (int8_t)next(input);
    uint8_t *ip = arriving.bytes + 14, *tcp = ip + 20;
    uint32_t header = 20 + options * 4u;
    __builtin_memset(arriving.bytes, 0, sizeof arriving.bytes);
    __builtin_memcpy(arriving.bytes, netif_default->hwaddr, 6);
    __builtin_memcpy(arriving.bytes + 6, (const uint8_t[]){2, 0, 0, 0, 0, 2, 8, 0}, 8);
    ip[0] = 0x45;
    put16(ip + 2, 20 + header + data);
    ip[8] = 64;
    ip[9] = 6;
    __builtin_memcpy(ip + 12, (const uint8_t[]){10, 0, 2, 2, 10, 0, 2, 15}, 8);
    repair_header(ip);
    put16(tcp, 0x1000u + k);
    put16(tcp + 2, 80);
    put32(tcp + 4, our_next[k] + (uint32_t)sequence);
    put32(tcp + 8, their_next[k] + (uint32_t)acknowledged);
    tcp[12] = (uint8_t)(header / 4 << 4);
    tcp[13] = flags & 0x3f;
    put16(tcp + 14, next(input) * 256u);
    for (uint32_t i = 20; i < header; i++)
        tcp[i] = next(input);
    deliver(14 + 20 + header + data);
}

static void use_socket(struct input *input)
{
    static char bytes[70000];
    unsigned index = next(input) % SOCKETS;
    struct host_socket **socket = &sockets[index];
    struct host_slice slice = {bytes, 1u + next(input) * 256u};
    struct host_received received = {0};
    size_t done = 0;
    uint32_t error = 0;
    if (index >= 2 && !*socket) {
        if (host_socket_accept(sockets[0], socket) != WASI_SUCCESS)
            *socket = NULL;
        return;
    }
    switch (next(input) % 5) {
    case 0:
        error = host_socket_receive(*socket, &slice, 1, false, &received);
        break;
    case 1:
        error = host_socket_send(*socket, &slice, 1, NULL, &done);
        break;
    case 2:
        host_socket_shutdown(*socket, 1u + next(input) % 3);
        break;
    case 3:
        host_socket_set(*socket, HOST_LINGER, 0);
        break;
    default:
        if (index >= 2) {
            host_socket_close(*socket);
            *socket = NULL;
        }
    }
    note(&error, sizeof error);
    note(&done, sizeof done);
    note(bytes, received.size);
}

static void pass_time(uint64_t duration)
{
    for (uint64_t end = clock + duration; clock < end; clock += SECOND / 4) {
        loopback_poll();
        net_timers_run(clock);
        link_push();
        link_receive(); /* fills the ring up */
    }
}

/* --- an input --- */

static void begin(void)
{
    static bool begun;
    struct host_address any = {.family = HOST_IPV4, .port = 80};
    if (!begun) {
        begun = true;
        lwip_init();
        loopback_start();
        if (!link_start())
            __builtin_trap();
        ip4_addr_t address, mask, gateway;
        IP4_ADDR(&address, 10, 0, 2, 15);
        IP4_ADDR(&mask, 255, 255, 255, 0);
        IP4_ADDR(&gateway, 10, 0, 2, 2);
        netif_set_addr(netif_default, &address, &mask, &gateway);
        netif_create_ip6_linklocal_address(netif_default, 1);
        netif_set_ip6_autoconfig_enabled(netif_default, 1);
    }
    host_socket_open(HOST_IPV4, HOST_TCP, &sockets[0]);
    host_socket_set(sockets[0], HOST_REUSE_ADDRESS, 1);
    host_socket_bind(sockets[0], &any);
    host_socket_listen(sockets[0], 8);
    host_socket_open(HOST_IPV4, HOST_UDP, &sockets[1]);
    any.port = 53;
    host_socket_bind(sockets[1], &any);
    introduce();
}

static void end(void)
{
    for (unsigned i = 0; i < SOCKETS; i++) {
        if (sockets[i])
            host_socket_close(sockets[i]);
        sockets[i] = NULL;
    }
    while (tcp_active_pcbs)
        tcp_abort(tcp_active_pcbs);
    while (tcp_tw_pcbs)
        tcp_abort(tcp_tw_pcbs);
    /* Fragments and neighbours are forgotten: quiet seconds pass many at once (net/timers.c). */
    pass_time(6 * SECOND);
    clock += 61 * SECOND;
    pass_time(SECOND);
    link_push(); /* takes back what was sent last */
}

/* What is still there, by size, with the names of lwIP's kinds of that size. */
static void print_objects(void)
{
    static const struct {
        const char *name;
        size_t size;
    } kinds[] = {
#define LWIP_MEMPOOL(name, count, size, description) {#name, LWIP_MEM_ALIGN_SIZE(size)},
#include <lwip/priv/memp_std.h>
    };
    for (size_t size = 0; size <= SIZES; size++) {
        if (objects_of[size] == 0)
            continue;
        dprintf(2, "%zu of %zu bytes%s:", objects_of[size], size, size == SIZES ? " or more" : "");
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
            if (kinds[i].size == size)
                dprintf(2, " %s", kinds[i].name);
        dprintf(2, "\n");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, bytes + size};
    begin();
    while (input.at < input.end) {
        switch (next(&input) % 8) {
        case 0:
        case 1:
            deliver_raw(&input);
            break;
        case 2:
        case 3:
        case 4:
            deliver_segment(&input);
            break;
        case 5:
            pass_time(SECOND / 4 * (1u + next(&input) % 8));
            break;
        case 6:
            use_socket(&input);
            break;
        default:
            is_shared = !is_shared;
        }
    }
    end();
    is_shared = false;
    if (objects > KEPT_MAX) {
        print_objects();
        __builtin_trap();
    }
    return 0;
}
