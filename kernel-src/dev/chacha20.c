/* chacha20.c: see chacha20.h. Words are little-endian, as x86's are. */
#include "dev/chacha20.h"

static uint32_t rotate(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

/* Section 2.1. */
static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b, *d = rotate(*d ^ *a, 16);
    *c += *d, *b = rotate(*b ^ *c, 12);
    *a += *b, *d = rotate(*d ^ *a, 8);
    *c += *d, *b = rotate(*b ^ *c, 7);
}

void chacha20_block(const uint8_t key[CHACHA20_KEY_SIZE], uint32_t counter, const uint8_t nonce[12],
                    uint8_t out[CHACHA20_BLOCK_SIZE])
{
    uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, [12] = counter}; /* "expand 32-byte k" */
    uint32_t x[16];
    __builtin_memcpy(start + 4, key, CHACHA20_KEY_SIZE);
    __builtin_memcpy(start + 13, nonce, 12);
    __builtin_memcpy(x, start, sizeof x);
    for (unsigned i = 0; i < 10; i++) {
        for (unsigned column = 0; column < 4; column++)
            quarter_round(x + column, x + 4 + column, x + 8 + column, x + 12 + column);
        for (unsigned i0 = 0; i0 < 4; i0++) /* the diagonals */
            quarter_round(x + i0, x + 4 + (i0 + 1) % 4, x + 8 + (i0 + 2) % 4, x + 12 + (i0 + 3) % 4);
    }
    for (unsigned i = 0; i < 16; i++)
        x[i] += start[i];
    __builtin_memcpy(out, x, CHACHA20_BLOCK_SIZE);
}
