/* Variables of all kinds, which the debugger is asked for (variables.bats). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum color { RED, GREEN = 5, BLUE };

struct node {
    int value;
    struct node *next;
    const char *name;
    enum color color;
    unsigned low : 3, high : 5;
    double weight;
};

union word {
    int number;
    float real;
    unsigned char bytes[4];
};

static struct node *head;
static char greeting[] = "hello";
static int grid[2][3] = {{1, 2, 3}, {4, 5, 6}};
struct node first = {7, 0, "first", GREEN, 3, 9, 1.5};

static struct node *push(struct node *list, int value, const char *name)
{
    static int pushes = 40;
    struct node *node = calloc(1, sizeof(*node));
    node->value = value;
    node->next = list;
    node->name = name;
    node->color = BLUE;
    node->weight = value / 2.0;
    pushes++;
    return pushes > 41 ? node : list;
}

__attribute__((noinline)) static long long work(char letter, short low, long long big, float real, double fraction,
                                                _Bool flag)
{
    union word word = {.real = 1.0f};
    struct node local = {1, &first, "local", RED, 1, 2, 3.0};
    int (*compare)(const char *, const char *) = strcmp;
    int sum = 0;
    for (int i = 0; i < 2; i++) {
        int square = i * i + 10;
        sum += square;
    }
    {
        long i = 77;
        sum += (int)i;
    }
    sum += compare("a", greeting) + word.number + local.value;
    return big + low + letter + (long long)(real + (float)fraction) + flag + grid[1][2] + sum;
}

int main(int argc, char **argv)
{
    struct node last = {argc, NULL, NULL, GREEN, 7, 31, 0.5};
    head = push(head, 1, "one");
    head = push(head, 2, "two");
    long long result = work('x', -2, 1LL << 40, 2.5f, -0.125, 1);
    printf("%lld %s\n", result, strrchr(last.next ? "" : argv[0], '.'));
    return 0;
}
