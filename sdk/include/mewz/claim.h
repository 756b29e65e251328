/* claim.h: how a kernel asks for ports of an address that its machine shares with others, over MEWZ_PORT_CLAIMS
 * (channels.h).
 *
 * Before the program gets a port of TCP or UDP that it asked for by number, the kernel writes a claim, and reads one
 * byte: MEWZ_CLAIM_GRANTED, or another one if somebody else has it. What was granted stays so until the machine ends.
 */
#ifndef MEWZ_CLAIM_H
#define MEWZ_CLAIM_H

#include <stdint.h>

#define MEWZ_CLAIM_TCP     6 /* as in IP's header */
#define MEWZ_CLAIM_UDP     17
#define MEWZ_CLAIM_GRANTED 1

struct mewz_claim {
    uint8_t protocol;
    uint8_t zero;
    uint16_t port; /* little-endian */
};

_Static_assert(sizeof(struct mewz_claim) == 4, "a claim is a wire format");

#endif
