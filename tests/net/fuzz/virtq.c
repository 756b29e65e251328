/* virtq.c: libFuzzer's target for the driver's side of a virtqueue: a device that writes whatever it likes into the
 * rings that it may write to. Chains must come back at most once each, with no more bytes than they hold, and the list
 * of free descriptors must stay whole. */
#include <stdlib.h>
#include <string.h>

#include "dev/virtq.c"

enum { SIZE = 8, TOKENS = 64 };

static bool in_flight[TOKENS];
static uint32_t writable[TOKENS];
static char tokens[TOKENS];

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void offer(struct virtq *queue, uint8_t shape)
{
    struct virtq_slice slices[4];
    unsigned out = shape % 3, in = shape / 3 % 2, token = 0;
    uint32_t bytes = 0;
    while (token < TOKENS && in_flight[token])
        token++;
    for (unsigned i = 0; i < 4; i++)
        slices[i] = (struct virtq_slice){0x1000u * i, 1u + shape};
    for (unsigned i = 0; i < in; i++)
        bytes += slices[out + i].size;
    if (!virtq_add(queue, slices, out, in, &tokens[token]))
        return;
    in_flight[token] = true;
    writable[token] = bytes;
}

static void come_back(const char *token)
{
    size_t index = (size_t)(token - tokens);
    require(index < TOKENS && in_flight[index]);
    in_flight[index] = false;
}

static void take(struct virtq *queue)
{
    uint32_t written = 0;
    const char *token = virtq_take(queue, &written);
    if (!token)
        return;
    require(written <= writable[token - tokens]);
    come_back(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct virtq queue;
    if (size == 0)
        return 0;
    void *memory = aligned_alloc(16, virtq_bytes(SIZE));
    memset(memory, 0, virtq_bytes(SIZE));
    memset(in_flight, 0, sizeof in_flight);
    virtq_init(&queue, memory, SIZE, bytes[0] & 1);
    uint8_t *used = (uint8_t *)queue.used; /* the device's part */
    size_t used_size = sizeof(struct virtq_used) + SIZE * sizeof(struct virtq_used_element) + sizeof(uint16_t);
    for (size_t i = 1; i + 2 < size; i += 3) {
        switch (bytes[i] % 6) {
        case 0:
            offer(&queue, bytes[i + 1]);
            break;
        case 1:
            take(&queue);
            break;
        case 2:
            used[bytes[i + 1] % used_size] = bytes[i + 2];
            break;
        case 3: /* what a good device does */
            queue.used->ring[queue.used->index % SIZE] = (struct virtq_used_element){bytes[i + 1] % SIZE, bytes[i + 2]};
            queue.used->index++;
            break;
        case 4:
            virtq_must_kick(&queue);
            break;
        default:
            virtq_set_interrupts(&queue, bytes[i + 1] & 1);
        }
        require(queue.free_count <= SIZE && queue.in_flight <= SIZE);
    }
    for (const char *token; (token = virtq_recover(&queue)) != NULL;)
        come_back(token);
    require(queue.free_count == SIZE && queue.in_flight == 0);
    free(memory);
    return 0;
}
