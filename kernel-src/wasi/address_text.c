/* address_text.c: see address_text.h. */
#include "wasi/address_text.h"

struct reader {
    const char *at, *end;
};

static bool take(struct reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Takes a number of at most `digits` digits; false if there is none, or more of them follow. */
static bool take_number(struct reader *reader, int base, int digits, uint32_t *number)
{
    const char *start = reader->at;
    *number = 0;
    while (reader->at < reader->end && digit_of(*reader->at) < base) {
        if (reader->at - start == digits)
            return false;
        *number = *number * (uint32_t)base + (uint32_t)digit_of(*reader->at++);
    }
    return reader->at > start;
}

static bool take_ipv4(struct reader *reader, uint8_t bytes[4])
{
    for (int i = 0; i < 4; i++) {
        uint32_t number;
        if ((i > 0 && !take(reader, '.')) || !take_number(reader, 10, 3, &number) || number > UINT8_MAX)
            return false;
        bytes[i] = (uint8_t)number;
    }
    return true;
}

/* Groups of 16 bits, and where between them the zeroes go that "::" stands for. */
struct groups {
    uint8_t bytes[16];
    int size;
    int gap; /* -1: none */
};

/* Takes the next group, or an IPv4 address for the last two. */
static bool take_group(struct reader *reader, struct groups *groups)
{
    struct reader start = *reader;
    uint32_t number;
    if (groups->size + 2 > 16 || !take_number(reader, 16, 4, &number))
        return false;
    if (reader->at < reader->end && *reader->at == '.') {
        *reader = start;
        if (groups->size + 4 > 16 || !take_ipv4(reader, groups->bytes + groups->size))
            return false;
        groups->size += 4;
        return true;
    }
    groups->bytes[groups->size++] = (uint8_t)(number >> 8);
    groups->bytes[groups->size++] = (uint8_t)number;
    return true;
}

static bool take_groups(struct reader *reader, struct groups *groups)
{
    if (take(reader, ':')) {
        if (!take(reader, ':'))
            return false;
        groups->gap = 0;
        if (reader->at == reader->end)
            return true;
    }
    while (take_group(reader, groups)) {
        if (reader->at == reader->end)
            return true;
        if (!take(reader, ':'))
            return false;
        if (!take(reader, ':'))
            continue;
        if (groups->gap >= 0)
            return false;
        groups->gap = groups->size;
        if (reader->at == reader->end)
            return true;
    }
    return false;
}

static bool parse_ipv6(struct reader *reader, uint8_t bytes[16])
{
    struct groups groups = {.gap = -1};
    if (!take_groups(reader, &groups) || (groups.gap < 0) != (groups.size == 16))
        return false;
    int behind = groups.size - (groups.gap < 0 ? 0 : groups.gap);
    __builtin_memcpy(bytes, groups.bytes, (size_t)(groups.size - behind));
    __builtin_memcpy(bytes + 16 - behind, groups.bytes + groups.size - behind, (size_t)behind);
    return true;
}

bool address_parse(const char *text, size_t size, struct host_address *address)
{
    struct reader reader = {text, text + size};
    *address = (struct host_address){.family = HOST_IPV4};
    if (take_ipv4(&reader, address->bytes) && reader.at == reader.end)
        return true;
    reader = (struct reader){text, text + size};
    *address = (struct host_address){.family = HOST_IPV6};
    return parse_ipv6(&reader, address->bytes);
}

bool port_parse(const char *text, size_t size, uint16_t *port)
{
    struct reader reader = {text, text + size};
    uint32_t number;
    if (!take_number(&reader, 10, 5, &number) || reader.at != reader.end || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    return true;
}
