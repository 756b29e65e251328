/* virtq.c: see virtq.h. Section numbers are those of virtio 1.2. */
#include "dev/virtq.h"

enum { DESC_NEXT = 1, DESC_WRITE = 2 };    /* 2.7.5 */
enum { AVAIL_NO_INTERRUPT = 1 };           /* 2.7.6 */
enum { USED_NO_NOTIFY = 1 };               /* 2.7.8 */
enum { USED_ALIGN = 4, SHADOW_ALIGN = 8 }; /* 2.7, and the alignment of our own part */

static size_t align_up(size_t value, size_t align)
{
    return (value + align - 1) & ~(align - 1);
}

static size_t used_offset(uint16_t size)
{
    size_t avail = sizeof(struct virtq_avail) + (size + 1u) * sizeof(uint16_t);
    return align_up(size * sizeof(struct virtq_desc) + avail, USED_ALIGN);
}

static size_t shadow_offset(uint16_t size)
{
    size_t used = sizeof(struct virtq_used) + size * sizeof(struct virtq_used_element) + sizeof(uint16_t);
    return align_up(used_offset(size) + used, SHADOW_ALIGN);
}

/* The two fields of VIRTIO_F_EVENT_IDX lie behind the rings (2.7.7.1, 2.7.10). */
static uint16_t *used_event(const struct virtq *queue)
{
    return &queue->avail->ring[queue->size];
}

static uint16_t *avail_event(const struct virtq *queue)
{
    return (uint16_t *)(void *)&queue->used->ring[queue->size];
}

size_t virtq_bytes(uint16_t size)
{
    return align_up(shadow_offset(size) + size * sizeof(struct virtq_shadow), sizeof(struct virtq_desc));
}

void virtq_init(struct virtq *queue, void *memory, uint16_t size, bool event_index)
{
    char *bytes = memory;
    *queue = (struct virtq){.size = size, .free_count = size, .event_index = event_index};
    queue->desc = memory;
    queue->avail = (void *)(bytes + size * sizeof(struct virtq_desc));
    queue->used = (void *)(bytes + used_offset(size));
    queue->shadow = (void *)(bytes + shadow_offset(size));
    for (uint16_t i = 0; i < size; i++)
        queue->shadow[i].next = (uint16_t)(i + 1);
    virtq_set_interrupts(queue, false);
}

bool virtq_add(struct virtq *queue, const struct virtq_slice *slices, unsigned out, unsigned in, void *token)
{
    unsigned count = out + in;
    if (queue->broken || count == 0 || count > queue->free_count)
        return false;

    uint16_t head = queue->free_head, index = head;
    uint32_t writable = 0;
    struct virtq_desc *desc = NULL;
    for (unsigned i = 0; i < count; i++) {
        desc = &queue->desc[index];
        index = queue->shadow[index].next;
        *desc = (struct virtq_desc){slices[i].address, slices[i].size, DESC_NEXT, index};
        if (i >= out) {
            desc->flags = DESC_NEXT | DESC_WRITE;
            writable += slices[i].size;
        }
    }
    desc->flags &= (uint16_t)~DESC_NEXT; /* the last one */
    struct virtq_shadow *first = &queue->shadow[head];
    first->token = token;
    first->writable = writable;
    first->count = (uint16_t)count;
    queue->free_head = index;
    queue->free_count = (uint16_t)(queue->free_count - count);
    queue->in_flight++;

    /* 2.7.13: the entry of the ring, a barrier, then the index. */
    queue->avail->ring[queue->next_avail & (queue->size - 1)] = head;
    queue->next_avail++;
    __atomic_store_n(&queue->avail->index, queue->next_avail, __ATOMIC_RELEASE);
    return true;
}

bool virtq_must_kick(struct virtq *queue)
{
    /* 2.7.13.4.1: the device must see the index before we look at whether it sleeps. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint16_t before = queue->kicked;
    queue->kicked = queue->next_avail;
    if (queue->broken || before == queue->next_avail)
        return false;
    if (!queue->event_index)
        return !(__atomic_load_n(&queue->used->flags, __ATOMIC_RELAXED) & USED_NO_NOTIFY);
    /* 2.7.10: it wants to know when the index passes from avail_event to avail_event + 1. */
    uint16_t event = __atomic_load_n(avail_event(queue), __ATOMIC_RELAXED);
    return (uint16_t)(queue->next_avail - event - 1) < (uint16_t)(queue->next_avail - before);
}

/* Puts the descriptors of a chain back into the list of free ones. */
static void free_chain(struct virtq *queue, uint16_t head)
{
    struct virtq_shadow *first = &queue->shadow[head];
    uint16_t last = head;
    for (uint16_t i = 1; i < first->count; i++)
        last = queue->shadow[last].next;
    queue->shadow[last].next = queue->free_head;
    queue->free_head = head;
    queue->free_count = (uint16_t)(queue->free_count + first->count);
    queue->in_flight--;
    first->count = 0;
}

void *virtq_take(struct virtq *queue, uint32_t *written)
{
    if (!virtq_has_used(queue))
        return NULL;
    /* Read once: the device could change it under our hands. */
    const struct virtq_used_element *element = &queue->used->ring[queue->next_used & (queue->size - 1)];
    uint32_t id = __atomic_load_n(&element->id, __ATOMIC_RELAXED);
    uint32_t size = __atomic_load_n(&element->size, __ATOMIC_RELAXED);
    uint16_t returned = (uint16_t)(__atomic_load_n(&queue->used->index, __ATOMIC_RELAXED) - queue->next_used);
    if (returned > queue->in_flight || id >= queue->size || queue->shadow[id].count == 0) {
        queue->broken = true;
        return NULL;
    }
    struct virtq_shadow *chain = &queue->shadow[id];
    if (written)
        *written = size < chain->writable ? size : chain->writable;
    queue->next_used++;
    free_chain(queue, (uint16_t)id);
    return chain->token;
}

void *virtq_recover(struct virtq *queue)
{
    for (uint16_t i = 0; i < queue->size; i++) {
        if (queue->shadow[i].count == 0)
            continue;
        free_chain(queue, i);
        return queue->shadow[i].token;
    }
    return NULL;
}

void virtq_set_interrupts(struct virtq *queue, bool on)
{
    if (queue->event_index) /* 2.7.7.1: an index that the device has just left is 65535 chains away */
        __atomic_store_n(used_event(queue), (uint16_t)(queue->next_used - (on ? 0 : 1)), __ATOMIC_RELAXED);
    else
        __atomic_store_n(&queue->avail->flags, on ? 0 : AVAIL_NO_INTERRUPT, __ATOMIC_RELAXED);
    /* 2.7.7.1: the device must see this before the caller looks at the used ring once more. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
