/* port.c: what lwIP asks of a system: clock, randomness, and a few functions of C's library. */
#include <stdlib.h>
#include <string.h>

#include <lwip/sys.h>

#include "arch/x86_64/time.h"
#include "dev/chacha20.h"
#include "dev/entropy.h"
#include "hooks.h"
#include "panic.h"

u32_t sys_now(void)
{
    return (u32_t)(time_now() / 1000000);
}

uint32_t net_random(void)
{
    uint32_t value;
    entropy_read(&value, sizeof value);
    return value;
}

_Noreturn void net_assert_failed(const char *text, const char *file, int line)
{
    panic("lwip", "%s:%d: %s", file, line, text);
}

/* A clock of 4 microseconds, and a function of the four-tuple that nobody can compute without the secret. */
u32_t net_tcp_isn(const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port)
{
    static uint8_t secret[CHACHA20_KEY_SIZE];
    static bool has_secret;
    if (!has_secret)
        entropy_read(secret, sizeof secret);
    has_secret = true;

    uint8_t key[CHACHA20_KEY_SIZE], block[CHACHA20_BLOCK_SIZE], nonce[12] = {0};
    uint32_t words[8] = {0};
    __builtin_memcpy(words, ip_2_ip6(local)->addr, IP_IS_V6_VAL(*local) ? 16 : 4);
    __builtin_memcpy(words + 4, ip_2_ip6(remote)->addr, IP_IS_V6_VAL(*remote) ? 16 : 4);
    __builtin_memcpy(key, words, sizeof key);
    for (unsigned i = 0; i < sizeof key; i++)
        key[i] ^= secret[i];
    __builtin_memcpy(nonce, &local_port, sizeof local_port);
    __builtin_memcpy(nonce + sizeof local_port, &remote_port, sizeof remote_port);
    chacha20_block(key, 0, nonce, block);
    uint32_t hash;
    __builtin_memcpy(&hash, block, sizeof hash);
    return hash + (uint32_t)(time_now() / 4000);
}

/* A sum of one's complement: what is carried out at the top comes in again at the bottom. */
static uint64_t add_with_carry(uint64_t sum, uint64_t word)
{
    sum += word;
    return sum + (sum < word);
}

/* Sums as RFC 1071 says, section 2: in any word size and in the processor's byte order. A sum and the same turned by
 * half its width, added up, have the sum of both halves with its carry in the upper one. */
uint16_t net_checksum(const void *bytes, int size)
{
    const uint8_t *p = bytes;
    uint64_t sum = 0;
    for (; size >= 8; size -= 8, p += 8) {
        uint64_t word;
        __builtin_memcpy(&word, p, sizeof word);
        sum = add_with_carry(sum, word);
    }
    if (size & 4) {
        uint32_t word;
        __builtin_memcpy(&word, p, sizeof word);
        sum = add_with_carry(sum, word);
        p += sizeof word;
    }
    if (size & 2) {
        uint16_t word;
        __builtin_memcpy(&word, p, sizeof word);
        sum = add_with_carry(sum, word);
        p += sizeof word;
    }
    if (size & 1)
        sum = add_with_carry(sum, *p);
    uint32_t half = (uint32_t)((sum + (sum << 32 | sum >> 32)) >> 32);
    return (uint16_t)((half + (half << 16 | half >> 16)) >> 16);
}

/* --- stdlib.h --- */

int atoi(const char *text)
{
    unsigned value = 0;
    while (*text >= '0' && *text <= '9')
        value = value * 10 + (unsigned)(*text++ - '0');
    return (int)value;
}
