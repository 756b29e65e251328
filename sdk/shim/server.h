/* server.h: a ttrpc server on a Unix socket: takes calls, and lets them be answered in any order. */
#ifndef SHIM_SERVER_H
#define SHIM_SERVER_H

#include <protobuf-c/protobuf-c.h>

#include "shim/loop.h"
#include "shim/ttrpc.h"

struct ttrpc_call; /* one that waits for its answer */

/* Answers a call with call_reply or call_fail, now or later, exactly once. `payload` is gone when this returns. */
typedef void server_handler(void *context, struct ttrpc_call *call, const char *method, const uint8_t *payload,
                            size_t size);

struct server;

/* Serves `service` on `fd`, which listens. Others are Unimplemented. More clients than SERVER_CLIENTS wait. */
struct server *server_new(struct loop *loop, int fd, const char *service, server_handler *handler, void *context);
enum { SERVER_CLIENTS = 64, SERVER_CALLS = 1024 /* of one client at a time */ };

/* Drops all clients and their calls. */
void server_free(struct server *server);

/* The answer; frees the call. Where the client has gone it goes nowhere. */
void call_reply(struct ttrpc_call *call, const ProtobufCMessage *message);
void call_fail(struct ttrpc_call *call, enum ttrpc_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Whether answers still wait to be sent. */
int server_is_busy(const struct server *server);

#endif
