/* shim.h: the shim's process, from the start of its service to its end. */
#ifndef SHIM_SHIM_H
#define SHIM_SHIM_H

#include <stdbool.h>

#include "base/err.h"
#include "shim/events.h"
#include "shim/loop.h"
#include "shim/server.h"

struct container;

/* What containerd says on the command line. */
struct shim_options {
    const char *namespace, *id, *address, *bundle;
    bool debug;
};

struct shim {
    struct loop loop;
    struct server *server;
    struct events *events;
    const char *namespace;
    const char *socket; /* its path */
    int signals;        /* tells the ends of children */
    struct container *containers;
    bool ending; /* Shutdown came, and there is nothing left to look after */
};

/* Serves on `fd`, which listens at `path`, until Shutdown, and removes the path. */
void shim_serve(const struct shim_options *options, int fd, const char *path);

/* The three actions of the command line, and where the service's socket is. Each returns the exit status. */
int shim_start(const struct shim_options *options, struct err *err);
int shim_delete(const struct shim_options *options, struct err *err);

/* The path of the socket for a container, or for its pod; on the heap. */
char *shim_socket_path(const struct shim_options *options, const char *group);

/* Connects to the socket; -1 if nobody serves there. */
int shim_connect(const char *path);

/* Waits until nobody else is about to make or remove a socket. Lasts until the descriptor is closed; -1 with errno set.
 */
int shim_lock_sockets(void);

/* Answers a call of containerd.task.v2.Task (service.c). */
server_handler service_call;

#endif
