/* claims.c: see claims.h. */
#include "net/claims.h"

#include <mewz/channels.h>
#include <mewz/claim.h>

#include "arch/x86_64/time.h"
#include "dev/virtio_console.h"
#include "net/memory.h"
#include "wasi/types.h"

#define LOOK_INTERVAL 20000000ull /* ns; a host that answers late still gets its answer seen */

enum { PORT_BYTES = (UINT16_MAX + 1) / 8 };

static struct virtio_port *host; /* NULL: the address is not shared */
static u16_t first_port, last_port, next_port;
static uint8_t *granted; /* a bit for each port, TCP's and then UDP's; NULL: none yet */

void claims_start(u16_t first, u16_t last)
{
    host = virtio_port_find(MEWZ_PORT_CLAIMS);
    first_port = first;
    last_port = last;
    /* Peers remember connections of the machine that had the range before (RFC 6056, section 3.3.1). */
    next_port = (u16_t)(first + LWIP_RAND() % claims_range_size());
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

bool claims_are_shared(void)
{
    return host != NULL;
}

static uint8_t *byte_of(enum host_protocol protocol, u16_t port)
{
    return &granted[(protocol == HOST_UDP) * PORT_BYTES + port / 8];
}

bool claims_have(enum host_protocol protocol, u16_t port)
{
    return !host || (port >= first_port && port <= last_port) || (granted && *byte_of(protocol, port) & 1u << port % 8);
}

static uint32_t ask(const struct mewz_claim *claim)
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

uint32_t claims_take(enum host_protocol protocol, u16_t port)
{
    if (port == 0 || claims_have(protocol, port))
        return WASI_SUCCESS;
    if (!granted && !(granted = net_alloc_zeroed(2, PORT_BYTES)))
        return WASI_ENOMEM;
    const struct mewz_claim claim = {.protocol = protocol == HOST_TCP ? MEWZ_CLAIM_TCP : MEWZ_CLAIM_UDP, .port = port};
    uint32_t error = ask(&claim);
    if (error == WASI_SUCCESS)
        *byte_of(protocol, port) |= (uint8_t)(1u << port % 8);
    return error;
}
