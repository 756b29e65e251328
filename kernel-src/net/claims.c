/* claims.c: see claims.h. */
#include "net/claims.h"

#include <mewz/channels.h>
#include <mewz/claim.h>

#include "arch/x86_64/time.h"
#include "dev/virtio_console.h"
#include "wasi/types.h"

#define LOOK_INTERVAL 20000000ull /* ns; a host that answers late still gets its answer seen */

static u16_t first_port, last_port, next_port;

void claims_set_range(u16_t first, u16_t last)
{
    first_port = next_port = first;
    last_port = last;
}

u16_t claims_next_port(void)
{
    u16_t port = next_port;
    next_port = port == last_port ? first_port : (u16_t)(port + 1);
    return port;
}

unsigned claims_range_size(void)
{
    return first_port ? last_port - first_port + 1u : 1;
}

int net_may_choose(u16_t port)
{
    return first_port ? port >= first_port && port <= last_port : port >= 1024;
}

static uint32_t ask(struct virtio_port *host, const struct mewz_claim *claim)
{
    uint8_t answer;
    if (!virtio_port_write(host, claim, sizeof *claim))
        return WASI_EIO;
    virtio_port_push(host);
    while (virtio_port_read(host, &answer, sizeof answer) == 0) {
        if (virtio_port_is_at_end(host))
            return WASI_EIO;
        virtio_port_wait(host, time_now() + LOOK_INTERVAL);
    }
    return answer == MEWZ_CLAIM_GRANTED ? WASI_SUCCESS : WASI_EADDRINUSE;
}

uint32_t claims_take(enum host_protocol protocol, const ip_addr_t *ip, u16_t port)
{
    struct virtio_port *host = port && !ip_addr_isloopback(ip) ? virtio_port_find(MEWZ_PORT_CLAIMS) : NULL;
    const struct mewz_claim claim = {.protocol = protocol == HOST_TCP ? MEWZ_CLAIM_TCP : MEWZ_CLAIM_UDP, .port = port};
    return host ? ask(host, &claim) : WASI_SUCCESS;
}
