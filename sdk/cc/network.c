#include "cc/network.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- values --- */

static bool is_port(const char *text)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);
    return isdigit((unsigned char)*text) && *end == 0 && port > 0 && port <= 65535;
}

static bool is_address(const char *text)
{
    struct in6_addr ignored;
    return inet_pton(AF_INET, text, &ignored) == 1 || inet_pton(AF_INET6, text, &ignored) == 1;
}

/* Cuts the protocol off the front of "udp:..."; what has none is for TCP. */
static const char *take_protocol(const char **text)
{
    static const char *const names[] = {"tcp", "udp"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strncmp(*text, names[i], 3) == 0 && (*text)[3] == ':') {
            *text += 4;
            return names[i];
        }
    }
    return NULL;
}

/* "0.0.0.0:80" or "[::]:80" */
static bool is_endpoint(const char *text, struct arena *arena)
{
    const char *colon = strrchr(text, ':');
    if (!colon || !is_port(colon + 1))
        return false;
    bool bracketed = *text == '[' && colon > text && colon[-1] == ']';
    const char *address = arena_copy_string(arena, text + bracketed, (size_t)(colon - text) - 2 * bracketed);
    return is_address(address) && bracketed == (strchr(address, ':') != NULL);
}

static bool is_listen(const char *text, struct arena *arena)
{
    return take_protocol(&text) && is_endpoint(text, arena);
}

/* An address with the length of its network's prefix. */
static bool is_network(const char *text, struct arena *arena)
{
    const char *slash = strchr(text, '/');
    struct in_addr ignored;
    if (!slash || !isdigit((unsigned char)slash[1]))
        return false;
    char *end;
    unsigned long prefix = strtoul(slash + 1, &end, 10);
    const char *address = arena_copy_string(arena, text, (size_t)(slash - text));
    return *end == 0 && prefix <= 32 && inet_pton(AF_INET, address, &ignored) == 1;
}

#define IP_FORM "ADDRESS/PREFIX[,gw=ADDRESS][,dns=ADDRESS]"

/* "10.0.0.2/24,gw=10.0.0.1,dns=10.0.0.1" */
static bool is_ip(const char *text, struct arena *arena)
{
    char *rest = arena_copy_string(arena, text, strlen(text));
    char *part = strsep(&rest, ",");
    struct in_addr ignored;
    if (!is_network(part, arena))
        return false;
    while ((part = strsep(&rest, ",")) != NULL) {
        const char *address = strncmp(part, "gw=", 3) == 0 ? part + 3 : strncmp(part, "dns=", 4) == 0 ? part + 4 : "";
        if (inet_pton(AF_INET, address, &ignored) != 1)
            return false;
    }
    return true;
}

/* A label or several (RFC 1123, section 2.1). */
static bool is_hostname(const char *text)
{
    for (const char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '.')
            return false;
    return *text && strlen(text) <= 63 && *text != '-';
}

/* Unicast, for a card cannot have another one. */
static bool is_mac(const char *text)
{
    for (int i = 0; i < 17; i++)
        if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
            return false;
    return text[17] == 0 && strtoul((char[]){text[0], text[1], 0}, NULL, 16) % 2 == 0;
}

/* --- settings of the program --- */

const char *const network_clouds[] = {
#define METADATA(name, token, header, hostname, user_data, is_base64) name,
#include <mewz/metadata.def>
#undef METADATA
    NULL,
};

static int refuse(const char *verb, const char *option, const char *value, const char *expected, struct err *err)
{
    return err_set_status(err, EXIT_USAGE, "%s: %s %s: not %s", verb, option, value, expected);
}

int network_settings(const struct network_options *options, const char *verb, const char *const **settings,
                     struct arena *arena, struct err *err)
{
    const char **list = arena_array(arena, options->listen.count + 4, sizeof *list);
    size_t count = 0;
    if (options->ip && !is_ip(options->ip, arena))
        return refuse(verb, "--ip", options->ip, IP_FORM, err);
    if (options->ip)
        list[count++] = arena_printf(arena, "ip=%s", options->ip);
    if (options->hostname && !is_hostname(options->hostname))
        return refuse(verb, "--hostname", options->hostname, "letters, digits, hyphens and dots", err);
    if (options->hostname)
        list[count++] = arena_printf(arena, "hostname=%s", options->hostname);
    if (options->metadata)
        list[count++] = arena_printf(arena, "metadata=%s", options->metadata);
    for (size_t i = 0; i < options->listen.count; i++) {
        const char *listen = options->listen.strings[i];
        if (!is_listen(listen, arena))
            return refuse(verb, "--listen", listen, "tcp:ADDRESS:PORT or udp:ADDRESS:PORT", err);
        list[count++] = arena_printf(arena, "listen=%s", listen);
    }
    *settings = count ? list : NULL;
    return 0;
}

/* --- the machine --- */

/* "8080:80", "udp:5353:53", "0.0.0.0:8080:80" in QEMU's form; NULL if it is none of these. Without an address the port
 * is open on this machine only. */
static const char *parse_forward(const char *text, const char *guest, struct arena *arena)
{
    const char *protocol = take_protocol(&text);
    const char *last = strrchr(text, ':');
    if (!last || !is_port(last + 1))
        return NULL;
    const char *host = arena_copy_string(arena, text, (size_t)(last - text));
    if (is_port(host))
        host = arena_printf(arena, "127.0.0.1:%s", host);
    struct in_addr ignored;
    const char *colon = strchr(host, ':');
    if (!colon || !is_port(colon + 1) ||
        inet_pton(AF_INET, arena_copy_string(arena, host, (size_t)(colon - host)), &ignored) != 1)
        return NULL;
    return arena_printf(arena, "%s:%s-%s:%s", protocol ? protocol : "tcp", host, guest, last + 1);
}

/* QEMU's own network lies round the program's address, if it has a fixed one. */
static void place_user_network(const char *ip, struct machine_network *network, struct arena *arena)
{
    const char *comma = strchr(ip, ',');
    network->user_network = arena_copy_string(arena, ip, comma ? (size_t)(comma - ip) : strlen(ip));
    const char *gateway = comma ? strstr(comma, ",gw=") : NULL;
    if (gateway)
        network->user_gateway = arena_copy_string(arena, gateway + 4, strcspn(gateway + 4, ","));
    const char *dns = comma ? strstr(comma, ",dns=") : NULL;
    if (dns)
        network->user_dns = arena_copy_string(arena, dns + 5, strcspn(dns + 5, ","));
}

static int set_forwards(const struct network_options *options, const char *ip, struct machine_network *network,
                        struct arena *arena, struct err *err)
{
    const char *guest = ip ? arena_copy_string(arena, ip, strcspn(ip, "/")) : "";
    const char **forwards = arena_array(arena, options->publish.count + 1, sizeof *forwards);
    for (size_t i = 0; i < options->publish.count; i++) {
        forwards[i] = parse_forward(options->publish.strings[i], guest, arena);
        if (!forwards[i])
            return refuse("run", "-p", options->publish.strings[i], "[tcp:|udp:][ADDRESS:]PORT:PORT", err);
    }
    network->forwards = forwards;
    return 0;
}

static int set_kind(const struct network_options *options, bool needed, struct machine_network *network,
                    struct err *err)
{
    if (!options->net) {
        network->kind = needed || options->publish.count || options->pcap ? MACHINE_NET_USER : MACHINE_NET_NONE;
    } else if (strncmp(options->net, "tap:", 4) == 0 && options->net[4]) {
        network->kind = MACHINE_NET_TAP;
        network->tap = options->net + 4;
    } else if (strcmp(options->net, "user") == 0) {
        network->kind = MACHINE_NET_USER;
    } else if (strcmp(options->net, "none") != 0) {
        return refuse("run", "--net", options->net, "user, tap:NAME or none", err);
    }
    if (options->publish.count && network->kind != MACHINE_NET_USER)
        return err_set_status(err, EXIT_USAGE, "run: only --net user has ports to forward (-p, or ports in mewz.toml)");
    if (options->pcap && network->kind == MACHINE_NET_NONE)
        return err_set_status(err, EXIT_USAGE, "run: --pcap: there is no network with --net none");
    return 0;
}

int network_machine(const struct network_options *options, bool needed, const char *ip, struct machine_network *network,
                    struct arena *arena, struct err *err)
{
    *network = (struct machine_network){.mac = options->mac, .pcap = options->pcap};
    if (options->mac && !is_mac(options->mac))
        return refuse("run", "--mac", options->mac, "a card's address, such as 52:54:00:12:34:56", err);
    if (set_kind(options, needed, network, err) != 0)
        return -1;
    if (network->kind != MACHINE_NET_USER)
        return 0;
    /* What was baked into a kernel of somebody else's would be more of QEMU's option behind a comma. */
    if (ip && !is_ip(ip, arena))
        return err_set(err, "run: the setting ip=%s: not " IP_FORM, ip);
    if (ip)
        place_user_network(ip, network, arena);
    return set_forwards(options, ip, network, arena, err);
}

/* Has the port for a moment, by the option that QEMU uses as well: connections of an earlier run may still be ending.
 */
static int try_port(const char *forward, const char *option, struct err *err)
{
    char address[INET_ADDRSTRLEN];
    const char *host = forward + strlen("tcp:"), *colon = strchr(host, ':');
    snprintf(address, sizeof address, "%.*s", (int)(colon - host), host);
    unsigned long port = strtoul(colon + 1, NULL, 10);
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, address, &place.sin_addr);
    int type = strncmp(forward, "udp:", 4) == 0 ? SOCK_DGRAM : SOCK_STREAM;
    int probe = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return err_set_errno(err, "-p %s", option);
    setsockopt(probe, SOL_SOCKET, SO_REUSEADDR, &(int){type == SOCK_STREAM}, sizeof(int));
    int result = bind(probe, (struct sockaddr *)&place, sizeof place);
    if (result != 0)
        err_set_errno(err, "-p %s: %s:%lu", option, address, port);
    close(probe);
    return result;
}

int network_check(const struct network_options *options, struct arena *arena, struct err *err)
{
    struct machine_network network;
    if (network_machine(options, false, NULL, &network, arena, err) != 0)
        return -1;
    for (size_t i = 0; i < options->publish.count; i++)
        if (try_port(network.forwards[i], options->publish.strings[i], err) != 0)
            return -1;
    return 0;
}
