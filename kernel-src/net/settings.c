/* settings.c: see settings.h. `ip=10.0.0.2/24,gw=10.0.0.1,dns=10.0.0.1`, where gw and dns may be missing;
 * `ports=53248-55295`. */
#include "net/settings.h"

#include <string.h>

#include "panic.h"
#include "wasi/address_text.h"
#include "wasi/host.h"

enum { ADDRESS_SIZE = 16 }; /* "255.255.255.255" */

static _Noreturn void refuse(const char *value)
{
    panic("net", "the setting ip=%s is not like 10.0.0.2/24,gw=10.0.0.1,dns=10.0.0.1", value);
}

/* Reads an address that ends at one of `ends` or the end of the text; moves *text there. False if it is none. */
static bool read_address(const char **text, const char *ends, ip4_addr_t *address)
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
    return ip4addr_aton(copy, address);
}

/* Reads the length of a network's prefix in bits. */
static bool read_mask(const char **text, ip4_addr_t *mask)
{
    unsigned bits = 0, digits = 0;
    for (; **text >= '0' && **text <= '9' && digits < 3; digits++)
        bits = bits * 10 + (unsigned)(*(*text)++ - '0');
    mask->addr = bits == 0 ? 0 : lwip_htonl(UINT32_MAX << (32 - bits % 33));
    return digits > 0 && bits <= 32;
}

static bool skip(const char **text, const char *word)
{
    size_t size = strlen(word);
    if (strncmp(*text, word, size) != 0)
        return false;
    *text += size;
    return true;
}

static bool parse(const char *text, struct net_settings *settings)
{
    bool good = read_address(&text, "/,", &settings->address) && skip(&text, "/") && read_mask(&text, &settings->mask);
    while (good && *text) {
        if (skip(&text, ",gw="))
            good = read_address(&text, ",,", &settings->gateway);
        else if (skip(&text, ",dns="))
            good = read_address(&text, ",,", &settings->name_server);
        else
            good = false;
    }
    return good;
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
    const char *ip = host_setting("ip", 0);
    settings->is_static = ip != NULL;
    if (ip && !parse(ip, settings))
        refuse(ip);
    const char *ports = host_setting("ports", 0);
    if (ports)
        read_ports(ports, settings);
}
