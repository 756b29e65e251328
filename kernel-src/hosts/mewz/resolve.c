/* resolve.c: addresses of hosts by name: of this machine, from the configuration (`host`), or from the name servers
 * that DHCP or the configuration told, to whom a short name is completed (`search`, `ndots`). */
#include <string.h>

#include <lwip/dns.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/time.h"
#include "net/net.h"
#include "net/protocol.h"
#include "net/timers.h"
#include "wasi/address_text.h"
#include "wasi/host.h"
#include "wasi/types.h"

/* lwIP does not say whether a server denied the name or none answered; it asks for at least so long (DNS_MAX_RETRIES).
 */
#define SECOND  1000000000ull /* ns */
#define SILENCE (4 * SECOND)

/* The question that is being asked: an answer that comes for an earlier one is not for us. */
static struct {
    uintptr_t number;
    bool answered;
    bool found;
    ip_addr_t ip;
} question;

static void handle_answer(const char *name, const ip_addr_t *ip, void *number)
{
    (void)name;
    if ((uintptr_t)number != question.number)
        return;
    question.answered = true;
    question.found = ip != NULL;
    if (ip)
        question.ip = *ip;
}

/* lwIP counts seconds for it, also where no frame goes out because the cable is unplugged. */
static void wait_answer(void)
{
    bool enabled = interrupts_save();
    while (!question.answered) {
        net_timers_expect();
        net_poll();
        if (!question.answered)
            time_wait(time_now() + SECOND);
    }
    interrupts_restore(enabled);
}

/* Asks the name servers; the answer is in `question`. */
static uint32_t ask(const char *name, enum host_family family)
{
    u8_t type = family == HOST_IPV4 ? LWIP_DNS_ADDRTYPE_IPV4 : LWIP_DNS_ADDRTYPE_IPV6;
    question.number++;
    question.answered = false;
    uint64_t start = time_now();
    switch (dns_gethostbyname_addrtype(name, &question.ip, handle_answer, (void *)question.number, type)) {
    case ERR_OK: /* it was known */
        return WASI_SUCCESS;
    case ERR_INPROGRESS:
        wait_answer();
        if (question.found)
            return WASI_SUCCESS;
        return time_now() - start < SILENCE ? WASI_ENOENT : WASI_EAGAIN;
    case ERR_ARG: /* no name can be like that */
        return WASI_ENOENT;
    default:
        return WASI_EAGAIN;
    }
}

/* Asks for the name in the domain; NULL: as it is. */
static uint32_t ask_in(const char *domain, const char *name, size_t size, enum host_family family)
{
    char full[DNS_MAX_NAME_LENGTH];
    size_t more = domain ? strlen(domain) + 1 : 0;
    if (size + more >= sizeof full)
        return WASI_ENOENT;
    __builtin_memcpy(full, name, size);
    if (domain) {
        full[size] = '.';
        __builtin_memcpy(full + size + 1, domain, more - 1);
    }
    full[size + more] = 0;
    return ask(full, family);
}

/* resolv.conf(5): a name with fewer dots than `ndots`, 1 if nothing is said, is tried in the domains first. */
static bool has_enough_dots(const char *name, size_t size)
{
    const char *setting = host_setting("ndots", 0);
    uint16_t wanted;
    if (!setting || !port_parse(setting, strlen(setting), &wanted))
        wanted = 1;
    for (size_t i = 0; i < size && wanted > 0; i++)
        wanted -= name[i] == '.';
    return wanted == 0;
}

/* A name that ends with a dot is in no domain. */
static uint32_t ask_domains(const char *name, enum host_family family)
{
    const char *domain;
    size_t size = strlen(name);
    bool whole = size == 0 || name[size - 1] == '.';
    size -= whole && size > 0;
    bool first = whole || has_enough_dots(name, size);
    uint32_t error = first ? ask_in(NULL, name, size, family) : WASI_ENOENT;
    for (uint32_t i = 0; error == WASI_ENOENT && !whole && (domain = host_setting("search", i)) != NULL; i++)
        error = ask_in(domain, name, size, family);
    return error == WASI_ENOENT && !first ? ask_in(NULL, name, size, family) : error;
}

/* --- without servers --- */

static bool is_same_name(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (lwip_tolower(a[i]) != lwip_tolower(b[i]))
            return false;
    return true;
}

/* localhost, and every name in that domain (RFC 6761, section 6.3). */
static bool is_localhost(const char *name, size_t size)
{
    static const char localhost[] = "localhost";
    size_t length = sizeof localhost - 1;
    return size >= length && is_same_name(name + size - length, localhost, length) &&
           (size == length || name[size - length - 1] == '.');
}

/* Looks the name up in the settings `host=ADDRESS NAME`. */
static bool find_host(const char *name, size_t size, enum host_family family, struct host_address *address)
{
    const char *host;
    for (uint32_t i = 0; (host = host_setting("host", i)) != NULL; i++) {
        const char *blank = host;
        while (*blank && *blank != ' ')
            blank++;
        if (*blank && strlen(blank + 1) == size && is_same_name(blank + 1, name, size) &&
            address_parse(host, (size_t)(blank - host), address) && address->family == family)
            return true;
    }
    return false;
}

static bool find_here(const char *name, enum host_family family, struct host_address *address)
{
    size_t size = strlen(name);
    size -= size > 0 && name[size - 1] == '.';
    if (!is_localhost(name, size))
        return find_host(name, size, family, address);
    return family == HOST_IPV4 ? address_parse("127.0.0.1", 9, address) : address_parse("::1", 3, address);
}

uint32_t host_resolve(const char *name, enum host_family family, struct host_address *addresses, size_t max,
                      size_t *count)
{
    *count = 0;
    net_start();
    struct host_address here;
    if (find_here(name, family, &here)) {
        if (max > 0)
            addresses[(*count)++] = here;
        return WASI_SUCCESS;
    }
    if (!ipaddr_aton(name, &question.ip)) {
        net_wait_address(); /* the name servers come with it */
        uint32_t error = ask_domains(name, family);
        if (error)
            return error;
    }
    if (IP_IS_V6_VAL(question.ip) != (family == HOST_IPV6)) /* an address, and of the other family */
        return WASI_ENOENT;
    if (max > 0) {
        address_set(&addresses[0], family, &question.ip, 0);
        *count = 1;
    }
    return WASI_SUCCESS;
}
