/* nbody.c: five bodies under their gravity, by symplectic Euler steps; prints what is left of the energy's constancy.
 */
#include <math.h>
#include <stdio.h>

#define BODIES 5
#define STEPS  12000000

struct body {
    double x, y, z, vx, vy, vz, mass;
};

static struct body bodies[BODIES] = {
    {0, 0, 0, 0, 0, 0, 40},
    {4.8, -1.2, -0.1, 0.6, 2.8, -0.02, 0.04},
    {8.3, 4.1, -0.4, -1.0, 1.8, 0.008, 0.01},
    {12.9, -15.1, -0.2, 1.1, 0.9, -0.01, 0.002},
    {15.4, -25.9, 0.2, 1.0, 0.6, -0.03, 0.002},
};

static void step(double time)
{
    for (int i = 0; i < BODIES; i++)
        for (int j = i + 1; j < BODIES; j++) {
            struct body *a = &bodies[i], *b = &bodies[j];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;
            double square = dx * dx + dy * dy + dz * dz, force = time / (square * sqrt(square));

            a->vx -= dx * b->mass * force;
            a->vy -= dy * b->mass * force;
            a->vz -= dz * b->mass * force;
            b->vx += dx * a->mass * force;
            b->vy += dy * a->mass * force;
            b->vz += dz * a->mass * force;
        }
    for (int i = 0; i < BODIES; i++) {
        bodies[i].x += time * bodies[i].vx;
        bodies[i].y += time * bodies[i].vy;
        bodies[i].z += time * bodies[i].vz;
    }
}

static double energy(void)
{
    double sum = 0;

    for (int i = 0; i < BODIES; i++) {
        const struct body *a = &bodies[i];

        sum += a->mass * (a->vx * a->vx + a->vy * a->vy + a->vz * a->vz) / 2;
        for (int j = i + 1; j < BODIES; j++) {
            const struct body *b = &bodies[j];
            double dx = a->x - b->x, dy = a->y - b->y, dz = a->z - b->z;

            sum -= a->mass * b->mass / sqrt(dx * dx + dy * dy + dz * dz);
        }
    }
    return sum;
}

int main(void)
{
    printf("%.9f\n", energy());
    for (int i = 0; i < STEPS; i++)
        step(0.001);
    printf("%.9f\n", energy());
    return 0;
}
