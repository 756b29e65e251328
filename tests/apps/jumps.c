/* setjmp and longjmp: up through frames, values, nested and repeated, from a signal handler's distance of many calls.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static jmp_buf outer, inner;

static int recurse(int depth, int value)
{
    char text[40];
    snprintf(text, sizeof text, "%d", depth);
    if (depth == 0)
        longjmp(outer, value);
    return recurse(depth - 1, value) + (int)strlen(text);
}

static void values(void)
{
    volatile int round = -1;
    int value = setjmp(outer);
    printf("%d ", value);
    round = round + 1;
    if (round < 5)
        recurse(20 * round, round - 2);
    printf("\n");
}

/* A jump past a function that waits for another one. */
static void wait_inside(void)
{
    if (setjmp(inner) == 0)
        recurse(3, 7);
    printf("never\n");
}

static void past(void)
{
    volatile int kept = 1;
    int value = setjmp(outer);
    if (value == 0) {
        kept = 2;
        wait_inside();
    }
    printf("past with %d, kept %d\n", value, kept);
}

/* Two calls of setjmp in one function, and a function pointer on the way. */
static void jump_to(jmp_buf *buffer)
{
    longjmp(*buffer, 1);
}

static void two(void (*jump)(jmp_buf *))
{
    jmp_buf first, second;
    volatile int count = 0;
    if (setjmp(first) && count == 2) {
        printf("two: done\n");
        return;
    }
    if (setjmp(second)) {
        printf("two: second\n");
        count = count + 1;
        jump(&first);
    }
    count = count + 1;
    jump(&second);
}

static void many(void)
{
    jmp_buf buffer;
    volatile long sum = 0;
    for (volatile int i = 0; i < 100000; i = i + 1) {
        int value = setjmp(buffer);
        if (value)
            sum += value;
        else
            longjmp(buffer, i % 7);
    }
    printf("sum %ld\n", sum);
}

int main(void)
{
    values();
    past();
    two(jump_to);
    many();
    return 5;
}
