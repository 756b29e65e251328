/* net.h: the TCP/IP stack (lwIP) and when it runs.
 *
 * There are no threads: lwIP runs when the program calls a socket function that needs it (net_poll), while the machine
 * idles, and from time to time while the program computes (arch/x86_64/time.h, time_background). Its callbacks only
 * note what happened. The card is told of what was sent once a burst, and does not interrupt while there is work. */
#ifndef NET_NET_H
#define NET_NET_H

#include <stdbool.h>
#include <stdint.h>

/* Brings up the loopback interface and the network card, at first use. A machine without a card has loopback only. */
void net_start(void);

/* Takes what has arrived, runs what is due and pushes what was sent. */
void net_poll(void);

/* Something has been handed to lwIP to send: pushes it to the card, or leaves it until the program has worked off
 * what net_expect told, the processor idles, or a few milliseconds have passed. */
void net_push(void);

/* The program has been told that `count` sockets are ready: it is going to send that often, probably. */
void net_expect(unsigned count);

/* The program has ended. Closes what it left open, as an operating system does, and waits until everything that it sent
 * has arrived, a few seconds at most. */
void net_finish(void);

/* Waits until the card has an address of its own, or it is clear that it gets none. */
void net_wait_address(void);

#endif
