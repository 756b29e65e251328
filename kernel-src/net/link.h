/* link.h: the network card as lwIP's network interface (dev/virtio_net.h).
 *
 * What arrives is handed to lwIP in the buffers that the card wrote it to; what lwIP sends, the card reads where lwIP
 * put it. */
#ifndef NET_LINK_H
#define NET_LINK_H

#include <stdbool.h>

/* Brings the card up as lwIP's default interface. False if there is none. Memory and lwIP must be ready. */
bool link_start(void);

/* True if a frame waits to be taken, or space to send what had to wait. */
bool link_has_work(void);

/* Takes what has arrived. */
void link_receive(void);

/* Sends what had to wait, frees what has been sent, and tells the card of everything new. */
void link_push(void);

/* Looks whether the cable is plugged in, and whether the card still works; if not, resets it. What was on its way is
 * lost then, as in any network, and connections go on. link_receive does so when the card tells of a change; where
 * link_must_check says so, it is to be called once a second. */
void link_check(void);
bool link_must_check(void);

/* True if the card has not sent every frame; as of the last link_push. */
bool link_is_sending(void);

/* True if frames were sent that the card has not been told of. */
bool link_must_push(void);

/* Asks the card for an interrupt when link_has_work may have become true, or not to bother. */
void link_listen(void);
void link_unlisten(void);

#endif
