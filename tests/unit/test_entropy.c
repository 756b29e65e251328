/* The random generator on processors and hosts with and without sources of their own. */
#include <string.h>

#include "check.h"

/* A processor that a test describes; what RDRAND really does here does not matter. */
#define X86_64_CPU_H
#include <stdbool.h>
#include <stdint.h>

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static struct cpuid cpuid_probe(uint32_t leaf)
{
    (void)leaf;
    return (struct cpuid){0};
}

static uint64_t cycles;
static unsigned port_reads;

static uint64_t rdtsc(void)
{
    return cycles += 1000 + cycles % 7;
}

static uint8_t in8(uint16_t port)
{
    (void)port;
    port_reads++;
    return 0;
}

#include "dev/chacha20.c"
#include "dev/entropy.c"

uint64_t time_wall(void)
{
    return 1700000000000000000;
}

static size_t host_size;
static unsigned host_reads;

size_t virtio_rng_read(void *bytes, size_t size)
{
    host_reads++;
    memset(bytes, 0x5a, host_size < size ? host_size : size);
    return host_size < size ? host_size : size;
}

static void start_again(uint64_t first_cycle)
{
    memset(key, 0, sizeof key);
    seeded = false;
    cycles = first_cycle;
    port_reads = host_reads = 0;
}

static void test_sizes(void)
{
    uint8_t bytes[300];
    start_again(1);
    for (size_t size = 0; size < 200; size++) {
        memset(bytes, 0, sizeof bytes);
        entropy_read(bytes, size);
        unsigned zeroes = 0;
        for (size_t i = 0; i < size; i++)
            zeroes += bytes[i] == 0;
        CHECK(size < 8 || zeroes < size / 4 + 4);
        for (size_t i = size; i < sizeof bytes; i++)
            CHECK(bytes[i] == 0);
    }
    CHECK(host_reads == 1);
}

/* No two answers share a block, and the key that gave one is gone. */
static void test_answers_differ(void)
{
    uint8_t a[64], b[64], before[CHACHA20_KEY_SIZE];
    start_again(1);
    entropy_read(a, sizeof a);
    memcpy(before, key, sizeof before);
    entropy_read(b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) != 0 && memcmp(before, key, sizeof before) != 0);
    start_again(2); /* another boot, whose clock began a cycle later */
    entropy_read(b, sizeof b);
    CHECK(memcmp(a, b, sizeof a) != 0);
}

static void test_sources(void)
{
    uint8_t byte;
    host_size = 64;
    start_again(1);
    entropy_read(&byte, 1);
    unsigned beside = port_reads;
    host_size = 0;
    start_again(1);
    entropy_read(&byte, 1);
    CHECK(host_reads == 1 && beside > 0 && port_reads >= 64 * beside);
}

static bool next_same(uint64_t *word)
{
    *word = UINT64_MAX;
    return true;
}

static bool next_none(uint64_t *word)
{
    (void)word;
    return false;
}

static bool next_good(uint64_t *word)
{
    static uint64_t value;
    *word = value += 0x9e3779b97f4a7c15;
    return true;
}

static void test_broken_processor(void)
{
    CHECK(!absorb_hardware(next_same));
    CHECK(!absorb_hardware(next_none));
    CHECK(absorb_hardware(next_good));
}

int main(void)
{
    test_sizes();
    test_answers_differ();
    test_sources();
    test_broken_processor();
    return 0;
}
