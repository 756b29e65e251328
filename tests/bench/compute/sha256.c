/* sha256.c: the SHA-256 (FIPS 180-4) of 64 MB. */
#include <stdint.h>
#include <stdio.h>

static uint32_t round_constants[64], state[8];

static uint32_t rotate(uint32_t x, unsigned count)
{
    return x >> count | x << (32 - count);
}

/* The first 32 bits of the fractional part of the root of a prime: 48 bits of a root by bisection are enough. */
static uint32_t root_fraction(unsigned prime, unsigned power)
{
    double low = 0, high = prime;

    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2, product = power == 2 ? middle * middle : middle * middle * middle;

        *(product <= prime ? &low : &high) = middle;
    }
    return (uint32_t)(uint64_t)((low - (double)(uint64_t)low) * 4294967296.0);
}

static void make_constants(void)
{
    unsigned count = 0;

    for (unsigned n = 2; count < 64; n++) {
        unsigned divisor = 2;

        while (n % divisor)
            divisor++;
        if (divisor < n)
            continue;
        if (count < 8)
            state[count] = root_fraction(n, 2);
        round_constants[count++] = root_fraction(n, 3);
    }
}

static void hash_block(const uint8_t *block)
{
    uint32_t w[64], s[8];

    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;

        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    for (int i = 0; i < 8; i++)
        s[i] = state[i];
    for (int i = 0; i < 64; i++) {
        uint32_t s1 = rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
        uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]);
        uint32_t first = s[7] + s1 + choice + round_constants[i] + w[i];
        uint32_t s0 = rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
        uint32_t second = s0 + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

        for (int j = 7; j > 0; j--)
            s[j] = s[j - 1];
        s[4] += first;
        s[0] = first + second;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

int main(void)
{
    static uint8_t data[1 << 16];
    uint8_t last[64] = {0x80, [60] = 0x20}; /* 1, zeroes, and the number of bits */

    make_constants();
    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    for (int i = 0; i < 1024; i++)
        for (unsigned at = 0; at < sizeof(data); at += 64)
            hash_block(data + at);
    hash_block(last);
    for (int i = 0; i < 8; i++)
        printf("%08x", state[i]);
    puts("");
    return 0;
}
