/* sock_addrinfo.c: names of hosts and services, as WasmEdge's extension has them.
 *
 * The program gives the results' places: a list of struct wasi_addrinfo, each with a struct wasi_sockaddr and room for
 * the address in it. All results are found before the first is written. */
#include "wasi/address_text.h"
#include "wasi/guest.h"
#include "wasi/types.h"
#include "wasi/wasmedge.h"

#define RESULTS_MAX 16
#define NAME_MAX    255 /* RFC 1035, section 2.3.4 */

/* What is asked for: for each address that is found one result a socket type. */
struct query {
    char node[NAME_MAX + 1];
    char service[32];
    struct wasi_addrinfo hints;
    uint16_t port;
};

struct results {
    struct host_address addresses[RESULTS_MAX];
    size_t count;
};

/* --- what the program asks --- */

/* A string of the program up to its size or a zero; false if it is too long. */
static bool copy_string(const char *from, uint32_t size, char *to, uint32_t room)
{
    uint32_t length = 0;
    while (length < size && from[length])
        length++;
    if (length >= room)
        return false;
    __builtin_memcpy(to, from, length);
    to[length] = 0;
    return true;
}

static uint32_t check_hints(const struct query *query)
{
    const struct wasi_addrinfo *hints = &query->hints;
    if ((hints->flags & ~WASI_AI_FLAGS) || ((hints->flags & WASI_AI_CANONNAME) && !*query->node))
        return WASI_EAIBADFLAG;
    if (hints->family > WASI_FAMILY_INET6)
        return WASI_EAIFAMILY;
    if (hints->type > WASI_SOCKTYPE_STREAM || hints->protocol > WASI_IPPROTO_UDP)
        return WASI_EAISOCKTYPE;
    return *query->node || *query->service ? WASI_SUCCESS : WASI_EAINONAME;
}

static size_t length(const char *text)
{
    size_t size = 0;
    while (text[size])
        size++;
    return size;
}

static bool same(const char *a, const char *b)
{
    size_t size = length(a);
    return size == length(b) && __builtin_memcmp(a, b, size) == 0;
}

/* There is no list of services on a machine without files: these are the names that programs use. */
static uint32_t find_port(const char *service, uint16_t flags, uint16_t *port)
{
    static const struct {
        const char *name;
        uint16_t port;
    } services[] = {
        {"ftp", 21},   {"ssh", 22},   {"smtp", 25},  {"domain", 53}, {"http", 80},
        {"pop3", 110}, {"imap", 143}, {"ldap", 389}, {"https", 443}, {"imaps", 993},
    };
    *port = 0;
    if (!*service || port_parse(service, length(service), port))
        return WASI_SUCCESS;
    for (size_t i = 0; i < sizeof services / sizeof *services && !(flags & WASI_AI_NUMERICSERV); i++) {
        *port = services[i].port;
        if (same(services[i].name, service))
            return WASI_SUCCESS;
    }
    return WASI_EAISERVICE;
}

static uint32_t read_query(struct query *query, uint32_t node, uint32_t node_size, uint32_t service,
                           uint32_t service_size, uint32_t hints)
{
    const char *node_bytes = guest_bytes(node, node_size);
    const char *service_bytes = guest_bytes(service, service_size);
    if (!node_bytes || !service_bytes || !guest_read(&query->hints, hints, sizeof query->hints))
        return WASI_EFAULT;
    if (!copy_string(node_bytes, node_size, query->node, sizeof query->node))
        return WASI_EAINONAME;
    if (!copy_string(service_bytes, service_size, query->service, sizeof query->service))
        return WASI_EAISERVICE;
    uint32_t error = check_hints(query);
    return error ? error : find_port(query->service, query->hints.flags, &query->port);
}

/* --- addresses --- */

static bool wants(const struct query *query, enum host_family family)
{
    uint8_t only = family == HOST_IPV4 ? WASI_FAMILY_INET4 : WASI_FAMILY_INET6;
    return query->hints.family == WASI_FAMILY_ANY || query->hints.family == only;
}

/* Without a node: this machine, any of its addresses to be bound to, or the one that only it reaches. */
static void find_own(const struct query *query, struct results *results)
{
    bool is_passive = query->hints.flags & WASI_AI_PASSIVE;
    struct host_address v6 = {.family = HOST_IPV6, .bytes = {[15] = !is_passive}};
    struct host_address v4 = {.family = HOST_IPV4};
    if (!is_passive) {
        v4.bytes[0] = 127;
        v4.bytes[3] = 1;
    }
    if (wants(query, HOST_IPV6))
        results->addresses[results->count++] = v6;
    if (wants(query, HOST_IPV4))
        results->addresses[results->count++] = v4;
}

static uint32_t resolve(const struct query *query, struct results *results)
{
    uint32_t error = WASI_ENOENT;
    for (int family = HOST_IPV6; family >= HOST_IPV4; family--) { /* IPv6 goes first (RFC 6724, section 2.1) */
        size_t found = 0;
        if (!wants(query, (enum host_family)family))
            continue;
        uint32_t failed = host_resolve(query->node, (enum host_family)family, results->addresses + results->count,
                                       RESULTS_MAX / 2, &found);
        results->count += failed ? 0 : found;
        if (failed != WASI_ENOENT)
            error = failed;
    }
    if (results->count)
        return WASI_SUCCESS;
    return error == WASI_EAGAIN ? WASI_EAIAGAIN : WASI_EAINONAME;
}

static uint32_t find_addresses(const struct query *query, struct results *results)
{
    if (!*query->node) {
        find_own(query, results);
        return WASI_SUCCESS;
    }
    if (address_parse(query->node, length(query->node), &results->addresses[0])) {
        results->count = 1;
        return wants(query, results->addresses[0].family) ? WASI_SUCCESS : WASI_EAINONAME;
    }
    return query->hints.flags & WASI_AI_NUMERICHOST ? WASI_EAINONAME : resolve(query, results);
}

/* --- what the program gets --- */

/* A POSIX sockaddr without its family: the port, for IPv6 4 bytes of flow label, the address, and zeroes. */
static uint32_t write_address(const struct query *query, const struct host_address *address, uint32_t place)
{
    enum { PORT_SIZE = 2, FLOW_SIZE = 4, DATA_IPV4 = 14, DATA_IPV6 = 26 };
    struct wasi_sockaddr sockaddr;
    if (!guest_read(&sockaddr, place, sizeof sockaddr))
        return WASI_EFAULT;
    bool is_v4 = address->family == HOST_IPV4;
    uint8_t data[DATA_IPV6] = {(uint8_t)(query->port >> 8), (uint8_t)query->port};
    __builtin_memcpy(data + PORT_SIZE + (is_v4 ? 0 : FLOW_SIZE), address->bytes, is_v4 ? 4 : 16);
    sockaddr.family = is_v4 ? WASI_FAMILY_INET4 : WASI_FAMILY_INET6;
    sockaddr.size = is_v4 ? DATA_IPV4 : DATA_IPV6;
    if (!guest_write(sockaddr.data, data, sockaddr.size) || !guest_write(place, &sockaddr, sizeof sockaddr))
        return WASI_EFAULT;
    return WASI_SUCCESS;
}

/* Writes a result into the structure at `place`, whose links stay as the program made them. */
static uint32_t write_result(const struct query *query, const struct host_address *address, uint8_t type,
                             uint32_t place, uint32_t *next)
{
    struct wasi_addrinfo info;
    if (!guest_read(&info, place, sizeof info))
        return WASI_EFAULT;
    info.flags = query->hints.flags;
    info.family = address->family == HOST_IPV4 ? WASI_FAMILY_INET4 : WASI_FAMILY_INET6;
    info.type = type;
    info.protocol = type == WASI_SOCKTYPE_DGRAM ? WASI_IPPROTO_UDP : WASI_IPPROTO_TCP;
    info.address_size = address->family == HOST_IPV4 ? 16 : 28; /* of a sockaddr_in and a sockaddr_in6 */
    info.canonical_name_size = 0;
    *next = info.next;
    uint32_t error = write_address(query, address, info.address);
    return !error && !guest_write(place, &info, sizeof info) ? WASI_EFAULT : error;
}

static bool wants_type(const struct query *query, uint8_t type)
{
    uint8_t protocol = type == WASI_SOCKTYPE_DGRAM ? WASI_IPPROTO_UDP : WASI_IPPROTO_TCP;
    return (query->hints.type == WASI_SOCKTYPE_ANY || query->hints.type == type) &&
           (query->hints.protocol == WASI_IPPROTO_IP || query->hints.protocol == protocol);
}

static uint32_t write_results(const struct query *query, const struct results *results, uint32_t place, uint32_t max,
                              uint32_t *written)
{
    for (size_t i = 0; i < results->count; i++) {
        for (uint8_t type = WASI_SOCKTYPE_STREAM; type >= WASI_SOCKTYPE_DGRAM; type--) {
            if (!wants_type(query, type))
                continue;
            if (*written == max)
                return WASI_SUCCESS;
            uint32_t error = write_result(query, &results->addresses[i], type, place, &place);
            if (error)
                return error;
            ++*written;
        }
    }
    return WASI_SUCCESS;
}

uint32_t wasi_sock_getaddrinfo(uint32_t node, uint32_t node_size, uint32_t service, uint32_t service_size,
                               uint32_t hints, uint32_t list, uint32_t max, uint32_t count)
{
    struct query query;
    struct results results = {.count = 0};
    uint32_t place, written = 0;
    uint32_t error = read_query(&query, node, node_size, service, service_size, hints);
    if (error)
        return error;
    if (max == 0)
        return WASI_EAIMEMORY;
    if (!guest_read(&place, list, sizeof place) || !guest_bytes(count, sizeof(uint32_t)))
        return WASI_EFAULT;
    error = find_addresses(&query, &results);
    if (!error)
        error = write_results(&query, &results, place, max, &written);
    if (!error)
        guest_write_u32(count, written);
    return error;
}
