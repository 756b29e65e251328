#include "shim/message.h"

void message_pack(struct buf *out, const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    protobuf_c_message_pack(message, buf_extend(out, size));
}

Google__Protobuf__Timestamp message_timestamp(const struct timespec *time)
{
    Google__Protobuf__Timestamp stamp = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    stamp.seconds = time->tv_sec;
    stamp.nanos = (int32_t)time->tv_nsec;
    return stamp;
}
