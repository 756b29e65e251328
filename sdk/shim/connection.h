/* connection.h: frames over a socket, without ever waiting: what ttrpc's server and client share. */
#ifndef SHIM_CONNECTION_H
#define SHIM_CONNECTION_H

#include "shim/loop.h"
#include "shim/ttrpc.h"

/* What a peer that does not read leaves here at most, beside one message. */
#define CONNECTION_UNSENT_MAX (1u << 20)

struct connection {
    struct loop *loop;
    int fd;
    struct ttrpc_reader reader;
    struct buf out; /* still to be sent */

    /* Given a frame each, and told at the end, whoever caused it; `ended` frees what there is to be freed. */
    void (*received)(void *context, const struct ttrpc_frame *frame);
    void (*ended)(void *context);
    void *context;
    bool ending;
};

/* Takes over `fd`, which is connected or about to be. The callbacks come with `context`. */
void connection_init(struct connection *connection, struct loop *loop, int fd);

/* Sends a frame, now or as soon as it goes. A peer that takes too little of what it asked for is cut off. */
void connection_send(struct connection *connection, uint32_t stream, enum ttrpc_type type, const void *message,
                     uint32_t size);

/* Closes it; `ended` is not called. */
void connection_fini(struct connection *connection);

#endif
