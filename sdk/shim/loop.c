#include "shim/loop.h"

#include <poll.h>
#include <stdlib.h>

#include "base/memory.h"

struct loop_watch {
    int fd; /* -1: forgotten */
    short events;
    loop_handler *handler;
    void *context;
};

static struct loop_watch *find(const struct loop *loop, int fd)
{
    for (size_t i = 0; i < loop->count; i++)
        if (loop->watches[i].fd == fd)
            return &loop->watches[i];
    return NULL;
}

void loop_watch(struct loop *loop, int fd, short events, loop_handler *handler, void *context)
{
    struct loop_watch *watch = find(loop, fd);
    if (!watch) {
        if (loop->count == loop->capacity) {
            loop->capacity = 2 * loop->capacity + 16;
            loop->watches = memory_resize(loop->watches, loop->capacity * sizeof *loop->watches);
        }
        watch = &loop->watches[loop->count++];
    }
    *watch = (struct loop_watch){fd, events, handler, context};
}

void loop_forget(struct loop *loop, int fd)
{
    struct loop_watch *watch = find(loop, fd);
    if (watch)
        watch->fd = -1;
}

static void compact(struct loop *loop)
{
    size_t kept = 0;
    for (size_t i = 0; i < loop->count; i++)
        if (loop->watches[i].fd >= 0)
            loop->watches[kept++] = loop->watches[i];
    loop->count = kept;
}

void loop_step(struct loop *loop, int timeout)
{
    compact(loop);
    size_t count = loop->count;
    struct pollfd *polls = memory_alloc((count + 1) * sizeof *polls);
    for (size_t i = 0; i < count; i++)
        polls[i] = (struct pollfd){loop->watches[i].fd, loop->watches[i].events, 0};
    if (poll(polls, count, timeout) > 0) {
        /* A handler may move the watches, and forget the one that comes next, but these do not change places. */
        for (size_t i = 0; i < count; i++) {
            struct loop_watch watch = loop->watches[i];
            if (polls[i].revents && watch.fd == polls[i].fd)
                watch.handler(watch.context, polls[i].revents);
        }
    }
    free(polls);
}

void loop_free(struct loop *loop)
{
    free(loop->watches);
    *loop = (struct loop){0};
}
