/* reader.c: see reader.h. */
#include "rt/reader.h"

uint64_t reader_fixed(struct reader *reader, size_t size)
{
    if ((size_t)(reader->end - reader->at) < size) {
        reader->at = reader->end;
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)reader->at[i] << (8 * i);
    reader->at += size;
    return value;
}

/* Returns the number's bits, and in *bits how many were read. */
static uint64_t read_leb(struct reader *reader, unsigned *bits)
{
    uint64_t value = 0;
    uint8_t byte = 0x80;
    for (*bits = 0; (byte & 0x80) && reader->at < reader->end; *bits += 7) {
        byte = *reader->at++;
        if (*bits < 64)
            value |= (uint64_t)(byte & 0x7f) << *bits;
    }
    return value;
}

uint64_t reader_uleb(struct reader *reader)
{
    unsigned bits;
    return read_leb(reader, &bits);
}

int64_t reader_sleb(struct reader *reader)
{
    unsigned bits;
    uint64_t value = read_leb(reader, &bits);
    if (bits > 0 && bits < 64 && (value >> (bits - 1) & 1))
        value |= ~0ull << bits;
    return (int64_t)value;
}

void reader_skip(struct reader *reader, uint64_t size)
{
    uint64_t left = (uint64_t)(reader->end - reader->at);
    reader->at += size < left ? size : left;
}
