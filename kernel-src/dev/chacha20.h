/* chacha20.h: the ChaCha20 block function (RFC 8439, section 2.3). */
#ifndef DEV_CHACHA20_H
#define DEV_CHACHA20_H

#include <stdint.h>

enum { CHACHA20_KEY_SIZE = 32, CHACHA20_BLOCK_SIZE = 64 };

/* Writes block number `counter` of the key stream to `out`. */
void chacha20_block(const uint8_t key[CHACHA20_KEY_SIZE], uint32_t counter, const uint8_t nonce[12],
                    uint8_t out[CHACHA20_BLOCK_SIZE]);

#endif
