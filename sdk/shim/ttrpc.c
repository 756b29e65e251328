#include "shim/ttrpc.h"

#include <string.h>

static uint32_t read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_u32(struct buf *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        buf_byte(out, (uint8_t)(value >> shift));
}

/* Makes room: what was handed out is no longer needed. */
static void drop_handed_out(struct ttrpc_reader *reader)
{
    struct buf *bytes = &reader->bytes;
    if (reader->begin == 0)
        return;
    memmove(bytes->data, bytes->data + reader->begin, bytes->size - reader->begin);
    bytes->size -= reader->begin;
    reader->begin = 0;
}

void ttrpc_reader_add(struct ttrpc_reader *reader, const void *bytes, size_t size)
{
    size_t skipped = size < reader->to_skip ? size : reader->to_skip;
    reader->to_skip -= (uint32_t)skipped;
    drop_handed_out(reader);
    buf_append(&reader->bytes, (const uint8_t *)bytes + skipped, size - skipped);
}

/* Passes over a message that is too large: what is there of it now, and the rest as it comes. */
static void skip_message(struct ttrpc_reader *reader, uint32_t size)
{
    size_t here = reader->bytes.size - reader->begin;
    size_t skipped = here < size ? here : size;
    reader->begin += skipped;
    reader->to_skip = size - (uint32_t)skipped;
}

bool ttrpc_reader_next(struct ttrpc_reader *reader, struct ttrpc_frame *frame)
{
    size_t here = reader->bytes.size - reader->begin;
    if (here < TTRPC_HEADER)
        return false;
    const uint8_t *header = reader->bytes.data + reader->begin;
    *frame = (struct ttrpc_frame){.stream = read_u32(header + 4), .type = header[8], .size = read_u32(header)};
    if (frame->size > TTRPC_MESSAGE_MAX) {
        reader->begin += TTRPC_HEADER;
        skip_message(reader, frame->size);
        return true;
    }
    if (here < TTRPC_HEADER + (size_t)frame->size)
        return false;
    frame->message = header + TTRPC_HEADER;
    reader->begin += TTRPC_HEADER + frame->size;
    return true;
}

void ttrpc_reader_free(struct ttrpc_reader *reader)
{
    buf_free(&reader->bytes);
    *reader = (struct ttrpc_reader){0};
}

void ttrpc_put_frame(struct buf *out, uint32_t stream, enum ttrpc_type type, const void *message, uint32_t size)
{
    put_u32(out, size);
    put_u32(out, stream);
    buf_byte(out, (uint8_t)type);
    buf_byte(out, 0);
    if (size)
        buf_append(out, message, size);
}
