/* settings.c: see settings.h. `ip=10.0.0.2/24,gw=10.0.0.1,dns=10.0.0.1`, where gw and dns may be missing;
 * `ip6=fd00::2/64,gw=fd00::1,dns=fd00::1` likewise; `ports=53248-55295`. */
#include "net/settings.h"

#include <string.h>

#include "panic.h"
#include "wasi/address_text.h"
#include "wasi/host.h"

enum { ADDRESS_SIZE = 46 }; /* of the longest: "0000:0000:0000:0000:0000:ffff:255.255.255.255" */

/* Reads an address of this type that ends at one of `ends` or the end of the text; moves *text there. False if it is
 * none. */
static bool read_address(const char **text, const char *ends, u8_t type, ip_addr_t *address)
{
    char copy[ADDRESS_SIZE];
    unsigned size = 0;
    while ((*text)[size] && (*text)[size] != ends[0] && (*text)[size] != ends[1]) {
        if (size == sizeof copy - 1)
            return false;
        copy[size] = (*text)[size];
        size++;
    }
    copy[size] = 0;
    *text += size;
    return ipaddr_aton(copy, address) && IP_GET_TYPE(address) == type;
}

/* Reads the length of a network's prefix in bits. */
static bool read_prefix(const char **text, unsigned max, unsigned *bits)
{
    unsigned digits = 0;
    *bits = 0;
    for (; **text >= '0' && **text <= '9' && digits < 3; digits++)
        *bits = *bits * 10 + (unsigned)(*(*text)++ - '0');
    return digits > 0 && *bits <= max;
}

static bool skip(const char **text, const char *word)
{
    size_t size = strlen(word);
    if (strncmp(*text, word, size) != 0)
        return false;
    *text += size;
    return true;
}

static bool parse(const char *text, u8_t type, struct net_address *given)
{
    bool good = read_address(&text, "/,", type, &given->address) && skip(&text, "/") &&
                read_prefix(&text, type == IPADDR_TYPE_V4 ? 32 : 128, &given->prefix);
    while (good && *text) {
        if (skip(&text, ",gw="))
            good = read_address(&text, ",,", type, &given->gateway);
        else if (skip(&text, ",dns="))
            good = read_address(&text, ",,", type, &given->name_server);
        else
            good = false;
    }
    return good;
}

static void read_given(const char *name, u8_t type, const char *example, struct net_address *given)
{
    const char *text = host_setting(name, 0);
    given->is_given = text != NULL;
    if (text && !parse(text, type, given))
        panic("net", "the setting %s=%s is not like %s", name, text, example);
}

/* Reads a port that ends at `end`; moves *text there. */
static bool read_port(const char **text, char end, u16_t *port)
{
    const char *start = *text;
    while (**text && **text != end)
        (*text)++;
    return **text == end && port_parse(start, (size_t)(*text - start), port) && *port > 0;
}

static void read_ports(const char *text, struct net_settings *settings)
{
    const char *at = text;
    if (!read_port(&at, '-', &settings->first_port) || !skip(&at, "-") || !read_port(&at, 0, &settings->last_port) ||
        settings->first_port > settings->last_port)
        panic("net", "the setting ports=%s is not like 53248-55295", text);
}

void net_settings_read(struct net_settings *settings)
{
    *settings = (struct net_settings){.hostname = host_setting("hostname", 0)};
    read_given("ip", IPADDR_TYPE_V4, "10.0.0.2/24,gw=10.0.0.1,dns=10.0.0.1", &settings->v4);
    read_given("ip6", IPADDR_TYPE_V6, "fd00::2/64,gw=fd00::1,dns=fd00::1", &settings->v6);
    const char *ports = host_setting("ports", 0);
    if (ports)
        read_ports(ports, settings);
}
