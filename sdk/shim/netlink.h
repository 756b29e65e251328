/* netlink.h: rtnetlink(7) requests to the network namespace that the socket was made in. */
#ifndef SHIM_NETLINK_H
#define SHIM_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "base/buf.h"
#include "base/err.h"

int netlink_open(struct err *err); /* the socket; the caller closes it */

/* Building a message: a header, a fixed part, attributes, some of which hold attributes. */
void netlink_begin(struct buf *message, uint16_t type, uint16_t flags, const void *fixed, size_t size);
void netlink_put(struct buf *message, uint16_t type, const void *value, size_t size);
size_t netlink_nest(struct buf *message, uint16_t type); /* what netlink_unnest takes */
void netlink_unnest(struct buf *message, size_t nest);

/* Sends the message and waits for the answer. `what` is for the error. */
int netlink_do(int fd, struct buf *message, const char *what, struct err *err);

/* Sends a request for a list, and calls `each` for every message of it: the fixed part, `attributes` by their type (up
 * to `max`, NULL for those that are missing). */
typedef void netlink_each(void *context, const struct nlmsghdr *header, const struct rtattr *const *attributes);
int netlink_list(int fd, struct buf *message, size_t fixed_size, uint16_t max, netlink_each *each, void *context,
                 struct err *err);

#endif
