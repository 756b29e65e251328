/* link_card.h: the card and its interface, for the files of link.h: link.c looks after them, link_send.c and
 * link_receive.c carry the frames. */
#ifndef NET_LINK_CARD_H
#define NET_LINK_CARD_H

#include <stdbool.h>
#include <stdint.h>

#include <lwip/netif.h>

#include "dev/virtio_net.h"

extern struct link_card {
    struct virtio_net card;
    struct netif netif;
    uint16_t checksums; /* that lwIP computes */
} net_link;

/* Memory for frames that have to wait; false if there is none. */
bool link_send_init(void);

/* netif->linkoutput: takes a reference to the frame, or refuses it. */
err_t link_send(struct netif *netif, struct pbuf *frame);

/* True while frames wait for space in the card's ring. */
bool link_has_backlog(void);

/* Frees the frames that a card which has been stopped had not sent. */
void link_drop_sent(void);

/* Gives a card that has just been started its buffers. */
void link_receive_init(void);

/* Frees those of a card that has been stopped. */
void link_drop_buffers(void);

#endif
