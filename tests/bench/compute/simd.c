/* simd.c: an image filter in 128-bit vectors: blur, difference and threshold of bytes, and a sum of floats. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define WIDTH  1024
#define HEIGHT 1024
#define ROUNDS 4000

typedef uint8_t bytes __attribute__((vector_size(16)));
typedef float floats __attribute__((vector_size(16)));

static uint8_t image[HEIGHT][WIDTH + 16], blurred[HEIGHT][WIDTH + 16];

static bytes load(const uint8_t *from)
{
    bytes value;

    memcpy(&value, from, sizeof(value));
    return value;
}

/* The mean of bytes, without their sum's ninth bit. */
static bytes mean(bytes a, bytes b)
{
    return (a & b) + ((a ^ b) >> 1);
}

static void blur(int y)
{
    for (int x = 0; x < WIDTH; x += 16) {
        bytes left = load(&image[y][x]), right = load(&image[y][x + 1]);
        bytes above = load(&image[y - 1][x]), below = load(&image[y + 1][x]);
        bytes value = mean(mean(left, right), mean(above, below));

        memcpy(&blurred[y][x], &value, sizeof(value));
    }
}

static void sharpen(int y)
{
    for (int x = 0; x < WIDTH; x += 16) {
        bytes old = load(&image[y][x]), soft = load(&blurred[y][x]);
        bytes is_edge = (bytes)(old > soft + 24), value = (old & is_edge) | (soft & ~is_edge);

        memcpy(&image[y][x], &value, sizeof(value));
    }
}

static float brightness(int y)
{
    floats sum = {0};

    for (int x = 0; x < WIDTH; x += 4) {
        floats value = {image[y][x], image[y][x + 1], image[y][x + 2], image[y][x + 3]};

        sum = sum * 0.999f + value;
    }
    return sum[0] + sum[1] + sum[2] + sum[3];
}

int main(void)
{
    float total = 0;

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            image[y][x] = (uint8_t)((x * 31 + y * 17) ^ (x * y >> 4));
    for (int round = 0; round < ROUNDS; round++) {
        for (int y = 1; y < HEIGHT - 1; y++)
            blur(y);
        for (int y = 1; y < HEIGHT - 1; y++)
            sharpen(y);
        total += brightness(round % HEIGHT);
    }
    printf("%.3f\n", total);
    return 0;
}
