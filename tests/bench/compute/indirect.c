/* indirect.c: calls through tables of functions, as in an interpreter or a virtual method: a random walk of a machine
 * of eight operations. */
#include <stdint.h>
#include <stdio.h>

#define STEPS 200000000u

struct machine {
    uint32_t a, b, steps;
};

static void add(struct machine *m)
{
    m->a += m->b;
}
static void subtract(struct machine *m)
{
    m->b -= m->a >> 3;
}
static void mix(struct machine *m)
{
    m->a ^= m->b << 5;
}
static void turn(struct machine *m)
{
    m->b = m->b << 7 | m->b >> 25;
}
static void swap(struct machine *m)
{
    uint32_t a = m->a;
    m->a = m->b;
    m->b = a;
}
static void scale(struct machine *m)
{
    m->a *= 2654435761u;
}
static void count(struct machine *m)
{
    m->b += m->steps;
}
static void invert(struct machine *m)
{
    m->a = ~m->a;
}

static void (*volatile const operations[8])(struct machine *) = {add, subtract, mix, turn, swap, scale, count, invert};

int main(void)
{
    struct machine m = {1, 2, 0};

    for (m.steps = 0; m.steps < STEPS; m.steps++)
        operations[m.steps & 7](&m);
    printf("%08x %08x\n", m.a, m.b);
    return 0;
}
