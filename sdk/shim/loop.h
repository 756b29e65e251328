/* loop.h: the shim waits in one place, for any of its descriptors.
 *
 * The shim has one thread. Whatever takes long happens in a task's own process (task.h); no handler waits. */
#ifndef SHIM_LOOP_H
#define SHIM_LOOP_H

#include <stddef.h>

/* What is to be done when poll(2) reports `events` of a descriptor. It may watch and forget any. */
typedef void loop_handler(void *context, short events);

struct loop_watch;

struct loop { /* starts as {0} */
    struct loop_watch *watches;
    size_t count, capacity;
};

/* Watches a descriptor, or changes what is watched of it. */
void loop_watch(struct loop *loop, int fd, short events, loop_handler *handler, void *context);

/* No more. Due before the descriptor is closed. */
void loop_forget(struct loop *loop, int fd);

/* Waits until something happens, at most `timeout` milliseconds (-1: for ever), and handles it. */
void loop_step(struct loop *loop, int timeout);

void loop_free(struct loop *loop);

#endif
