/* virtio_rng.c: see virtio_rng.h. */
#include "dev/virtio_rng.h"

#include "arch/x86_64/time.h"
#include "dev/virtio.h"
#include "mm/page.h"

enum { REQUEST_QUEUE = 0, QUEUE_SIZE = 1 };
enum { QUEUE_OFFSET = 2048 }; /* of the ring in the page whose beginning the device fills */

static const uint64_t answer_timeout = 100000000; /* ns */

static size_t request(struct virtio_device *device, char *page, size_t size)
{
    static struct virtq queue;
    struct virtq *queues[] = {&queue};
    struct virtq_slice slice = {page_phys(page), (uint32_t)(size < QUEUE_OFFSET ? size : QUEUE_OFFSET)};
    if (!virtio_negotiate(device, 0) ||
        !virtio_add_queue(device, REQUEST_QUEUE, &queue, page + QUEUE_OFFSET, QUEUE_SIZE) || !virtio_start(device))
        return 0;
    virtq_add(&queue, &slice, 0, 1, page);
    virtio_kick(device, REQUEST_QUEUE, &queue);
    virtio_wait(device, queues, 1, time_now() + answer_timeout);
    uint32_t written;
    return virtq_take(&queue, &written) ? written : 0;
}

size_t virtio_rng_read(void *bytes, size_t size)
{
    static struct virtio_device device;
    if (!virtio_find(VIRTIO_ID_ENTROPY, &device))
        return 0;
    char *page = page_alloc();
    if (!page)
        return 0;
    __builtin_memset(page, 0, PAGE_SIZE);
    size_t count = request(&device, page, size);
    virtio_fail(&device); /* before its page goes back */
    __builtin_memcpy(bytes, page, count);
    __builtin_memset(page, 0, PAGE_SIZE);
    page_free(page);
    return count;
}
