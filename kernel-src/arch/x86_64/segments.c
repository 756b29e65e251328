/* segments.c: GDT and task state segment (SDM volume 3A, sections 3.4.5 and 8.7). */
#include "arch/x86_64/segments.h"

#define SEGMENT_TASK 0x10

struct task_state {
    uint32_t reserved_0;
    uint64_t stack_of_ring[3];
    uint64_t reserved_1;
    uint64_t stacks[STACK_COUNT]; /* IST1 to IST7 */
    uint64_t reserved_2;
    uint16_t reserved_3;
    uint16_t io_map; /* beyond the limit: none */
} __attribute__((packed));

_Static_assert(sizeof(struct task_state) == 104, "SDM volume 3A, figure 8-11");

struct table_pointer {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

static struct task_state task_state = {.io_map = sizeof task_state};

/* Null, code (64-bit, accessed), and the task state segment's two words, which hold its address. */
static uint64_t gdt[4] = {0, 0x00af9b000000ffff};

void segments_init(void)
{
    uint64_t base = (uint64_t)&task_state;
    gdt[2] = (sizeof task_state - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    gdt[3] = base >> 32;
    struct table_pointer pointer = {sizeof gdt - 1, (uint64_t)gdt};
    __asm__ volatile("lgdt %0; ltr %w1" : : "m"(pointer), "r"(SEGMENT_TASK) : "memory");
}

void segments_set_stack(unsigned number, void *top)
{
    task_state.stacks[number - 1] = (uint64_t)top;
}
