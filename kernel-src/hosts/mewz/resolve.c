/* resolve.c: addresses of hosts by name, from the name servers that DHCP or the configuration told. */
#include <lwip/dns.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/time.h"
#include "net/net.h"
#include "net/protocol.h"
#include "net/timers.h"
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

uint32_t host_resolve(const char *name, enum host_family family, struct host_address *addresses, size_t max,
                      size_t *count)
{
    *count = 0;
    net_start();
    if (!ipaddr_aton(name, &question.ip)) {
        net_wait_address(); /* the name servers come with it */
        uint32_t error = ask(name, family);
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
