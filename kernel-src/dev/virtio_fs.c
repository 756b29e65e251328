/* virtio_fs.c: see virtio_fs.h. Section numbers are those of virtio 1.2. */
#include "dev/virtio_fs.h"

#include <mewz/channels.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/time.h"
#include "dev/virtio_console.h"
#include "mm/page.h"

enum { URGENT = 0, REQUESTS = 1 }; /* 5.11.2, without notifications */

static size_t memory_pages(void)
{
    return (2 * virtq_bytes(VIRTIO_FS_RING) + PAGE_SIZE - 1) / PAGE_SIZE;
}

static bool add_queues(struct virtio_fs *fs)
{
    fs->memory = pages_alloc(memory_pages());
    if (!fs->memory)
        return false;
    __builtin_memset(fs->memory, 0, memory_pages() * PAGE_SIZE);
    char *second = (char *)fs->memory + virtq_bytes(VIRTIO_FS_RING);
    return virtio_add_queue(&fs->device, URGENT, &fs->urgent, fs->memory, VIRTIO_FS_RING) &&
           virtio_add_queue(&fs->device, REQUESTS, &fs->requests, second, VIRTIO_FS_RING);
}

/* 5.11.4: the tag is padded with zeroes, and has none at its end where it fills the field. */
static bool has_tag(struct virtio_fs *fs, const char *tag)
{
    for (unsigned i = 0; i < VIRTIO_FS_TAG_SIZE; i++) {
        char c = (char)fs->device.transport->read_config(&fs->device, i, 1);
        if (c != tag[i])
            return false;
        if (c == 0)
            return true;
    }
    return tag[VIRTIO_FS_TAG_SIZE] == 0;
}

/* The port with which the server of that tag tells that it lives. */
static struct virtio_port *find_alive(const char *tag)
{
    char name[sizeof MEWZ_PORT_SHARE + VIRTIO_FS_TAG_SIZE] = MEWZ_PORT_SHARE;
    char *end = name + sizeof MEWZ_PORT_SHARE - 1;
    while (*tag && end < name + sizeof name - 1)
        *end++ = *tag++;
    *end = 0;
    return virtio_port_find(name);
}

static void fail(struct virtio_fs *fs)
{
    virtio_fail(&fs->device);
    fs->failed = true;
}

static bool start_device(struct virtio_fs *fs)
{
    if (virtio_negotiate(&fs->device, 0) && add_queues(fs) && fs->requests.size >= VIRTIO_FS_SLICES_MAX &&
        virtio_start(&fs->device))
        return true;
    fail(fs);
    if (fs->memory)
        pages_free(fs->memory, memory_pages());
    return false;
}

bool virtio_fs_start(struct virtio_fs *fs, const char *tag)
{
    for (unsigned index = 0;; index++) {
        *fs = (struct virtio_fs){0};
        if (!virtio_find_next(VIRTIO_ID_FS, index, &fs->device))
            return false;
        if (has_tag(fs, tag))
            break;
    }
    fs->alive = find_alive(tag);
    return start_device(fs);
}

/* --- calls --- */

static bool is_dead(struct virtio_fs *fs, const struct virtq *queue)
{
    return queue->broken || (fs->alive && virtio_port_is_at_end(fs->alive));
}

/* Idles until the one request on the queue is done with, or will never be. */
static void wait(struct virtio_fs *fs, struct virtq *queue)
{
    if (virtq_has_used(queue))
        return;
    virtio_listen(&fs->device, &queue, 1);
    if (fs->alive)
        virtio_port_listen(fs->alive);
    bool enabled = interrupts_save();
    while (!virtq_has_used(queue) && !is_dead(fs, queue))
        time_wait(TIME_NEVER);
    interrupts_restore(enabled);
    virtio_unlisten(&queue, 1);
    if (fs->alive)
        virtio_port_unlisten(fs->alive);
}

static bool call(struct virtio_fs *fs, uint16_t index, const struct virtq_slice *slices, unsigned out, unsigned in,
                 uint32_t *written)
{
    struct virtq *queue = index == URGENT ? &fs->urgent : &fs->requests;
    if (fs->failed || !virtq_add(queue, slices, out, in, fs))
        return false;
    virtio_kick(&fs->device, index, queue);
    wait(fs, queue);
    if (virtq_take(queue, written))
        return true;
    fail(fs); /* after the reset the device has nothing of ours */
    return false;
}

bool virtio_fs_call(struct virtio_fs *fs, const struct virtq_slice *slices, unsigned out, unsigned in,
                    uint32_t *written)
{
    return call(fs, REQUESTS, slices, out, in, written);
}

bool virtio_fs_tell(struct virtio_fs *fs, const struct virtq_slice *slices, unsigned out)
{
    return call(fs, URGENT, slices, out, 0, NULL);
}
