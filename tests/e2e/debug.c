/* What the debugger is asked about (debug.bats). */
#include <stdio.h>
#include <stdlib.h>

struct point {
    int x, y;
};

static int numbers[4] = {10, 20, 30, 40};

__attribute__((noinline)) static int sum(const int *values, int count)
{
    int total = 0;
    for (int i = 0; i < count; i++)
        total += values[i];
    return total;
}

__attribute__((noinline)) static void check(const struct point *point, int limit)
{
    if (point->x + point->y > limit)
        abort();
    printf("%d is within %d\n", point->x + point->y, limit);
}

int main(int argc, char **argv)
{
    struct point point = {argc, sum(numbers, 4)};
    (void)argv;
    check(&point, argc > 1 ? 100 : 1000);
    return 0;
}
