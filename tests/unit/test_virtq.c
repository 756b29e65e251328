/* The driver's side of a virtqueue against a device that behaves, and against devices that do not. */
#include <string.h>

#include "check.h"
#include "dev/virtq.c"

enum { SIZE = 8 };

/* The device's side: it reads the rings as the specification says. */
struct device {
    struct virtq *queue;
    uint16_t next_avail;
};

static void *memory;

static struct device start(struct virtq *queue, bool event_index)
{
    free(memory);
    memory = aligned_alloc(16, virtq_bytes(SIZE));
    memset(memory, 0, virtq_bytes(SIZE));
    virtq_init(queue, memory, SIZE, event_index);
    return (struct device){queue, 0};
}

/* The head of the next chain that the driver offered, or -1. */
static int device_pop(struct device *device)
{
    struct virtq *queue = device->queue;
    if (queue->avail->index == device->next_avail)
        return -1;
    return queue->avail->ring[device->next_avail++ % SIZE];
}

static void device_push(struct device *device, uint32_t id, uint32_t size)
{
    struct virtq_used *used = device->queue->used;
    used->ring[used->index % SIZE] = (struct virtq_used_element){id, size};
    used->index++;
}

/* Section 2.7.7.2: whether the device interrupts when its index goes from `before` to what it is now. */
static bool device_interrupts(struct device *device, uint16_t before)
{
    struct virtq *queue = device->queue;
    if (!queue->event_index)
        return queue->avail->flags == 0;
    return (uint16_t)(queue->used->index - *used_event(queue) - 1) < (uint16_t)(queue->used->index - before);
}

static int tokens[SIZE];

static void test_chain(void)
{
    struct virtq queue;
    struct device device = start(&queue, true);
    struct virtq_slice slices[] = {{0x1000, 10}, {0x2000, 20}, {0x3000, 30}};
    CHECK(virtq_add(&queue, slices, 1, 2, &tokens[0]));
    CHECK(queue.free_count == SIZE - 3);

    int head = device_pop(&device);
    CHECK(head >= 0 && device_pop(&device) == -1);
    struct virtq_desc *first = &queue.desc[head];
    struct virtq_desc *second = &queue.desc[first->next];
    struct virtq_desc *third = &queue.desc[second->next];
    CHECK(first->address == 0x1000 && first->size == 10 && first->flags == 1);
    CHECK(second->address == 0x2000 && second->size == 20 && second->flags == 3);
    CHECK(third->address == 0x3000 && third->size == 30 && third->flags == 2);

    uint32_t written;
    CHECK(!virtq_take(&queue, &written));
    device_push(&device, (uint32_t)head, 25);
    CHECK(virtq_has_used(&queue));
    CHECK(virtq_take(&queue, &written) == &tokens[0] && written == 25);
    CHECK(queue.free_count == SIZE && queue.in_flight == 0);
    CHECK(!virtq_has_used(&queue) && !virtq_take(&queue, &written));
}

static void test_full(void)
{
    struct virtq queue;
    start(&queue, true);
    struct virtq_slice slices[SIZE + 1] = {{0x1000, 1}};
    CHECK(!virtq_add(&queue, slices, 0, 0, &tokens[0]));
    CHECK(!virtq_add(&queue, slices, SIZE + 1, 0, &tokens[0]));
    CHECK(virtq_add(&queue, slices, SIZE - 1, 0, &tokens[0]));
    CHECK(!virtq_add(&queue, slices, 2, 0, &tokens[1]));
    CHECK(virtq_add(&queue, slices, 0, 1, &tokens[1]));
    CHECK(!virtq_add(&queue, slices, 0, 1, &tokens[2]) && queue.in_flight == 2);
}

/* Chains of changing length, returned in another order than offered, often enough for all indices to wrap. */
static void test_long(bool event_index)
{
    struct virtq queue;
    struct device device = start(&queue, event_index);
    struct virtq_slice slices[3] = {{0x1000, 7}, {0x2000, 7}, {0x3000, 7}};
    for (unsigned i = 0; i < 70000; i++) {
        unsigned first = i % 3 + 1, second = i / 3 % 3 + 1;
        CHECK(virtq_add(&queue, slices, first, 0, &tokens[0]));
        CHECK(virtq_add(&queue, slices, 0, second, &tokens[1]));
        int a = device_pop(&device), b = device_pop(&device);
        CHECK(a >= 0 && b >= 0 && a != b);
        device_push(&device, (uint32_t)b, second * 7);
        device_push(&device, (uint32_t)a, 0);
        uint32_t written;
        CHECK(virtq_take(&queue, &written) == &tokens[1] && written == second * 7);
        CHECK(virtq_take(&queue, &written) == &tokens[0] && written == 0);
        CHECK(queue.free_count == SIZE);
    }
}

static void test_kicks(void)
{
    struct virtq queue;
    struct device device = start(&queue, true);
    struct virtq_slice slice = {0x1000, 1};
    CHECK(!virtq_must_kick(&queue));

    /* The device waits for the first chain, and then for the fourth. */
    virtq_add(&queue, &slice, 1, 0, &tokens[0]);
    CHECK(virtq_must_kick(&queue) && !virtq_must_kick(&queue));
    *avail_event(&queue) = 3;
    virtq_add(&queue, &slice, 1, 0, &tokens[1]);
    virtq_add(&queue, &slice, 1, 0, &tokens[2]);
    CHECK(!virtq_must_kick(&queue));
    virtq_add(&queue, &slice, 1, 0, &tokens[3]);
    virtq_add(&queue, &slice, 1, 0, &tokens[4]);
    CHECK(virtq_must_kick(&queue));

    device = start(&queue, false);
    virtq_add(&queue, &slice, 1, 0, &tokens[0]);
    CHECK(virtq_must_kick(&queue));
    device.queue->used->flags = 1;
    virtq_add(&queue, &slice, 1, 0, &tokens[1]);
    CHECK(!virtq_must_kick(&queue));
}

static void test_interrupts(bool event_index)
{
    struct virtq queue;
    struct device device = start(&queue, event_index);
    struct virtq_slice slice = {0x1000, 1};
    for (unsigned i = 0; i < 70000; i++) {
        bool wanted = i % 7 == 0;
        CHECK(virtq_add(&queue, &slice, 0, 1, &tokens[0]));
        virtq_set_interrupts(&queue, wanted);
        uint16_t before = queue.used->index;
        device_push(&device, (uint32_t)device_pop(&device), 1);
        CHECK(device_interrupts(&device, before) == wanted);
        CHECK(virtq_take(&queue, NULL));
    }
}

static void test_bad_devices(void)
{
    struct virtq queue;
    struct virtq_slice slices[] = {{0x1000, 10}, {0x2000, 20}};
    uint32_t written;

    /* More bytes than the chain has. */
    struct device device = start(&queue, true);
    virtq_add(&queue, slices, 1, 1, &tokens[0]);
    device_push(&device, (uint32_t)device_pop(&device), 0xffffffff);
    CHECK(virtq_take(&queue, &written) && written == 20);

    /* A descriptor that does not exist; one in the middle of a chain; one that is free; one twice. */
    for (unsigned kind = 0; kind < 4; kind++) {
        device = start(&queue, true);
        virtq_add(&queue, slices, 2, 0, &tokens[0]);
        virtq_add(&queue, slices, 2, 0, &tokens[1]);
        int head = device_pop(&device);
        uint32_t wrong[] = {SIZE, queue.desc[head].next, SIZE - 1, (uint32_t)head};
        if (kind == 3) {
            device_push(&device, (uint32_t)head, 0);
            CHECK(virtq_take(&queue, NULL) == &tokens[0]);
        }
        device_push(&device, wrong[kind], 0);
        CHECK(!virtq_take(&queue, NULL) && queue.broken);
        CHECK(!virtq_has_used(&queue) && !virtq_add(&queue, slices, 1, 0, &tokens[2]) && !virtq_must_kick(&queue));
    }

    /* An index that runs ahead of what was offered. */
    device = start(&queue, true);
    virtq_add(&queue, slices, 1, 0, &tokens[0]);
    queue.used->index = 2;
    CHECK(!virtq_take(&queue, NULL) && queue.broken);

    /* Descriptors that the device overwrites matter to nobody but the device. */
    device = start(&queue, true);
    virtq_add(&queue, slices, 1, 1, &tokens[0]);
    int head = device_pop(&device);
    memset(queue.desc, 0xff, SIZE * sizeof *queue.desc);
    device_push(&device, (uint32_t)head, 5);
    CHECK(virtq_take(&queue, &written) == &tokens[0] && written == 5 && queue.free_count == SIZE);
    CHECK(virtq_add(&queue, slices, 1, 1, &tokens[0]) && queue.desc[head].address == 0x1000);
}

int main(void)
{
    test_chain();
    test_full();
    test_long(true);
    test_long(false);
    test_kicks();
    test_interrupts(true);
    test_interrupts(false);
    test_bad_devices();
    free(memory);
    return 0;
}
