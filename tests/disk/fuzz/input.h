/* input.h: bytes that libFuzzer made up, taken one by one; zeroes behind their end. */
#ifndef FUZZ_INPUT_H
#define FUZZ_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static struct {
    const uint8_t *bytes;
    size_t left;
} input;

static void input_set(const uint8_t *bytes, size_t size)
{
    input.bytes = bytes;
    input.left = size;
}

static uint8_t input_byte(void)
{
    if (input.left == 0)
        return 0;
    input.left--;
    return *input.bytes++;
}

static void input_copy(void *to, size_t size)
{
    size_t taken = size < input.left ? size : input.left;
    memset(to, 0, size);
    memcpy(to, input.bytes, taken);
    input.bytes += taken;
    input.left -= taken;
}

static uint64_t input_number(void)
{
    uint64_t number;
    input_copy(&number, sizeof number);
    return number;
}

#endif
