/* events.h: what happens to tasks, told to containerd.
 *
 * Events go one after the other, in order, over a connection to containerd's own ttrpc socket; each is gone once
 * containerd has confirmed it. While containerd is away they wait, EVENTS_MAX of them at most; later ones are lost. */
#ifndef SHIM_EVENTS_H
#define SHIM_EVENTS_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "shim/loop.h"

enum { EVENTS_MAX = 1024 };

struct events;

/* `address` is the path of containerd's socket, `namespace` containerd's name for who owns the tasks. */
struct events *events_new(struct loop *loop, const char *address, const char *namespace);

/* Publishes under a topic ("/tasks/create"); `message` is one of containerd.events. */
void events_publish(struct events *events, const char *topic, const ProtobufCMessage *message);

/* True when all have been confirmed. */
bool events_are_out(const struct events *events);

/* Tries again what containerd's absence stopped. To be called now and then while there are some. */
void events_retry(struct events *events);

#endif
