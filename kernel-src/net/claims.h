/* claims.h: ports of an address that this machine shares with others, as programs of a pod do (mewz/claim.h).
 * Where there is no such channel all ports are this machine's. */
#ifndef NET_CLAIMS_H
#define NET_CLAIMS_H

#include <lwip/ip_addr.h>

#include "wasi/host_socket.h"

/* Of ports that nobody asks for by number this machine uses those from `first` to `last`; 0: whichever it likes. */
void claims_start(u16_t first, u16_t last);

/* Whether others have this machine's addresses, too. */
bool claims_are_shared(void);

/* Whether a port is this machine's: granted, or of its range; without others all are. */
bool claims_have(enum host_protocol protocol, u16_t port);

/* Asks for the port, for ever: WASI_EADDRINUSE if somebody else has it. It is one port on all addresses. */
uint32_t claims_take(enum host_protocol protocol, u16_t port);

/* One of the range for a socket that needs any, another one each time; 0: let lwIP choose. */
u16_t claims_next_port(void);

/* How many claims_next_port can give before it begins anew. */
unsigned claims_range_size(void);

#endif
