/* message.h: protobuf messages as bytes. */
#ifndef SHIM_MESSAGE_H
#define SHIM_MESSAGE_H

#include <protobuf-c/protobuf-c.h>
#include <time.h>

#include "base/buf.h"
#include "google/protobuf/timestamp.pb-c.h"

/* Appends the message's bytes. */
void message_pack(struct buf *out, const ProtobufCMessage *message);

/* A time since 1970. */
Google__Protobuf__Timestamp message_timestamp(const struct timespec *time);

#endif
