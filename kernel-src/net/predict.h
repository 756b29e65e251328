/* predict.h: header prediction (V. Jacobson, 4BSD header prediction, 1990): most segments are the very one that their
 * connection expects next, and need none of the cases that lwIP looks at in four layers.
 *
 * A segment that is not just so is lwIP's, and what is done to a connection here is what lwIP would have done; to its
 * owner as well, who is told by the same callback. A table leads to connections by their addresses: whoever owns a
 * control block (PCB) puts it there, and takes it out before it is gone. */
#ifndef NET_PREDICT_H
#define NET_PREDICT_H

#include <stdbool.h>

struct netif;
struct pbuf;
struct tcp_pcb;

/* True if the frame was taken, and with it the pbuf. It has come in at `netif`, begins with its Ethernet header, and
 * its TCP checksum needs no look. */
bool predict_take(struct pbuf *frame, const struct netif *netif);

/* Puts a connection into the table, and returns where; perhaps in the place of another one. */
unsigned predict_remember(struct tcp_pcb *pcb);

/* Takes it out, if it is still there. The PCB is not looked at, and may be gone. */
void predict_forget(unsigned place, const struct tcp_pcb *pcb);
void predict_forget_all(void);

#endif
