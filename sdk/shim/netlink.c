#include "shim/netlink.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

int netlink_open(struct err *err)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    return fd >= 0 ? fd : err_set_errno(err, "netlink");
}

/* --- building --- */

static void align(struct buf *message)
{
    buf_extend(message, NLMSG_ALIGN(message->size) - message->size);
}

void netlink_begin(struct buf *message, uint16_t type, uint16_t flags, const void *fixed, size_t size)
{
    struct nlmsghdr header = {.nlmsg_type = type, .nlmsg_flags = flags | NLM_F_REQUEST};
    message->size = 0;
    buf_append(message, &header, sizeof header);
    buf_append(message, fixed, size);
    align(message);
}

void netlink_put(struct buf *message, uint16_t type, const void *value, size_t size)
{
    struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = type};
    buf_append(message, &attribute, sizeof attribute);
    if (size)
        buf_append(message, value, size);
    align(message);
}

size_t netlink_nest(struct buf *message, uint16_t type)
{
    size_t nest = message->size;
    netlink_put(message, type, NULL, 0);
    return nest;
}

void netlink_unnest(struct buf *message, size_t nest)
{
    uint16_t size = (uint16_t)(message->size - nest);
    memcpy(message->data + nest + offsetof(struct rtattr, rta_len), &size, sizeof size);
}

/* --- asking --- */

static int send_request(int fd, struct buf *message, const char *what, struct err *err)
{
    uint32_t size = (uint32_t)message->size;
    memcpy(message->data + offsetof(struct nlmsghdr, nlmsg_len), &size, sizeof size);
    return send(fd, message->data, message->size, 0) < 0 ? err_set_errno(err, "netlink: %s", what) : 0;
}

static int check_error(const struct nlmsghdr *header, const char *what, struct err *err)
{
    const struct nlmsgerr *answer = NLMSG_DATA(header);
    if (answer->error == 0)
        return 0;
    errno = -answer->error;
    return err_set_errno(err, "netlink: %s", what);
}

int netlink_do(int fd, struct buf *message, const char *what, struct err *err)
{
    _Alignas(struct nlmsghdr) char answer[4096];
    struct nlmsghdr *header = (struct nlmsghdr *)message->data;
    header->nlmsg_flags |= NLM_F_ACK;
    if (send_request(fd, message, what, err) != 0)
        return -1;
    ssize_t got = recv(fd, answer, sizeof answer, 0);
    header = (struct nlmsghdr *)answer;
    if (got < (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) || header->nlmsg_type != NLMSG_ERROR)
        return err_set_errno(err, "netlink: %s: no answer", what);
    return check_error(header, what, err);
}

static void read_message(const struct nlmsghdr *header, size_t fixed_size, uint16_t max, netlink_each *each,
                         void *context)
{
    const struct rtattr **attributes = memory_alloc((max + 1u) * sizeof *attributes);
    size_t begin = NLMSG_LENGTH(NLMSG_ALIGN(fixed_size));
    long left = (long)header->nlmsg_len - (long)begin;
    const struct rtattr *attribute = (const struct rtattr *)((const char *)header + begin);
    for (; left >= 0 && RTA_OK(attribute, (size_t)left); attribute = RTA_NEXT(attribute, left))
        if ((attribute->rta_type & NLA_TYPE_MASK) <= max)
            attributes[attribute->rta_type & NLA_TYPE_MASK] = attribute;
    each(context, header, attributes);
    free(attributes);
}

int netlink_list(int fd, struct buf *message, size_t fixed_size, uint16_t max, netlink_each *each, void *context,
                 struct err *err)
{
    enum { ANSWER_MAX = 1 << 16 };
    if (send_request(fd, message, "list", err) != 0)
        return -1;
    char *answer = memory_alloc(ANSWER_MAX);
    int result = 1; /* there is more to come */
    while (result > 0) {
        ssize_t left = recv(fd, answer, ANSWER_MAX, 0);
        if (left <= 0)
            result = err_set_errno(err, "netlink: list");
        for (struct nlmsghdr *header = (struct nlmsghdr *)answer; result > 0 && NLMSG_OK(header, (size_t)left);
             header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_type == NLMSG_DONE)
                result = 0;
            else if (header->nlmsg_type == NLMSG_ERROR)
                result = check_error(header, "list", err);
            else
                read_message(header, fixed_size, max, each, context);
        }
    }
    free(answer);
    return result;
}
