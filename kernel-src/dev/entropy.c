/* entropy.c: see entropy.h.
 *
 * All sources that the machine has go into one ChaCha20 key: RDSEED or RDRAND, the host's virtio-rng, and always the
 * jitter of the processor's clock, which is what is left in a machine that has neither. Each answer comes from a key
 * that is overwritten before the caller sees a byte ("fast key erasure"), so that who reads the kernel's memory later
 * cannot compute what was given out before. */
#include "dev/entropy.h"

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/time.h"
#include "dev/chacha20.h"
#include "dev/virtio_rng.h"

static uint8_t key[CHACHA20_KEY_SIZE];
static bool seeded;

/* Replaces the key by one that depends on all of the old key and of `input`: a source that is known to somebody adds
 * nothing, and takes nothing away. */
static void absorb(const void *input, size_t size)
{
    static const uint8_t nonce[12] = "seed";
    uint8_t block[CHACHA20_BLOCK_SIZE];
    const uint8_t *from = input;
    for (size_t i = 0; i < size; i += CHACHA20_KEY_SIZE) {
        for (size_t k = 0; k < CHACHA20_KEY_SIZE && i + k < size; k++)
            key[k] ^= from[i + k];
        chacha20_block(key, (uint32_t)i, nonce, block);
        __builtin_memcpy(key, block, sizeof key);
    }
    __builtin_memset(block, 0, sizeof block);
}

/* --- sources --- */

enum { CPUID_1_ECX_RDRAND = 1 << 30, CPUID_7_EBX_RDSEED = 1 << 18 };
enum { HARDWARE_WORDS = 8 }; /* 512 bits: twice the key */

/* Both instructions may have nothing to give for a moment; Intel's manual says to try ten times. */
enum { TRIES = 10 };

static bool rdseed(uint64_t *word)
{
    bool good = false;
    for (unsigned i = 0; i < TRIES && !good; i++)
        __asm__ volatile("rdseed %0" : "=r"(*word), "=@ccc"(good));
    return good;
}

static bool rdrand(uint64_t *word)
{
    bool good = false;
    for (unsigned i = 0; i < TRIES && !good; i++)
        __asm__ volatile("rdrand %0" : "=r"(*word), "=@ccc"(good));
    return good;
}

/* True if the processor gave good words. Some have been sold that say so and give the same word for ever. */
static bool absorb_hardware(bool (*next)(uint64_t *word))
{
    uint64_t words[HARDWARE_WORDS];
    bool alike = true;
    for (unsigned i = 0; i < HARDWARE_WORDS; i++) {
        if (!next(&words[i]))
            return false;
        alike = alike && words[i] == words[0];
    }
    absorb(words, sizeof words);
    __builtin_memset(words, 0, sizeof words);
    return !alike;
}

static bool absorb_processor(void)
{
    if (cpuid_probe(7).ebx & CPUID_7_EBX_RDSEED && absorb_hardware(rdseed))
        return true;
    return cpuid_probe(1).ecx & CPUID_1_ECX_RDRAND && absorb_hardware(rdrand);
}

static bool absorb_host(void)
{
    uint8_t bytes[CHACHA20_BLOCK_SIZE];
    size_t size = virtio_rng_read(bytes, sizeof bytes);
    absorb(bytes, size);
    __builtin_memset(bytes, 0, sizeof bytes);
    return size >= CHACHA20_KEY_SIZE;
}

/* How long an access to a device takes depends on everything else that the host is doing. */
static void absorb_jitter(unsigned samples)
{
    enum { POST_PORT = 0x80 }; /* on any PC safe to read and of no effect */
    uint64_t times[4];
    uint64_t wall = time_wall();
    absorb(&wall, sizeof wall);
    for (unsigned i = 0; i < samples; i++) {
        for (unsigned k = 0; k < 4; k++) {
            in8(POST_PORT);
            times[k] = rdtsc();
        }
        absorb(times, sizeof times);
    }
}

static void seed(void)
{
    /* At a quarter of a bit an access, which is less than was ever seen, the greater number gives 1024 bits. */
    enum { SAMPLES_BESIDE = 8, SAMPLES_ALONE = 1024 };
    bool good = absorb_processor();
    if (!good) /* the processor's own is as good and needs no device */
        good = absorb_host();
    absorb_jitter(good ? SAMPLES_BESIDE : SAMPLES_ALONE);
    seeded = true;
}

void entropy_read(void *bytes, size_t size)
{
    static const uint8_t nonce[12] = "read";
    if (!seeded)
        seed();
    uint8_t stream_key[CHACHA20_KEY_SIZE];
    uint8_t block[CHACHA20_BLOCK_SIZE];

    /* Block 0: the next key, and one for this answer alone. */
    chacha20_block(key, 0, nonce, block);
    __builtin_memcpy(key, block, sizeof key);
    __builtin_memcpy(stream_key, block + sizeof key, sizeof stream_key);
    uint8_t *to = bytes;
    for (uint32_t counter = 0; size > 0; counter++) {
        size_t part = size < sizeof block ? size : sizeof block;
        chacha20_block(stream_key, counter, nonce, block);
        __builtin_memcpy(to, block, part);
        to += part;
        size -= part;
    }
    __builtin_memset(stream_key, 0, sizeof stream_key);
    __builtin_memset(block, 0, sizeof block);
}
