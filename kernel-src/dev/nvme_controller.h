/* nvme_controller.h: an NVMe controller: a queue for commands to itself, and one for those to its disks. For nvme.c. */
#ifndef DEV_NVME_CONTROLLER_H
#define DEV_NVME_CONTROLLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dev/nvme_wire.h"
#include "dev/pci.h"
#include "mm/page.h"

enum { NVME_QUEUE_SIZE = 64, NVME_REQUESTS = NVME_QUEUE_SIZE - 1 }; /* 4.1: one entry stays empty */
enum { NVME_SLICES = 32 };

struct nvme_queue {
    struct nvme_command *commands;
    struct nvme_completion *completions;
    volatile uint32_t *tail_doorbell, *head_doorbell;
    uint16_t size;
    uint16_t tail, told_tail; /* where the next command goes, and up to where the controller knows of them */
    uint16_t head;            /* where the next completion comes */
    uint16_t phase;           /* and what marks it as new (4.6.1) */
};

struct nvme_request {
    struct nvme_command command; /* in case it is to be tried again */
    struct block_device *disk;   /* NULL while it is free */
    struct nvme_request *next;   /* that is free */
    unsigned tries;
};

struct nvme {
    /* What the controller reads and writes: */
    struct nvme_command admin_commands[NVME_QUEUE_SIZE] __attribute__((aligned(4096)));
    struct nvme_command io_commands[NVME_QUEUE_SIZE] __attribute__((aligned(4096)));
    struct nvme_completion admin_completions[NVME_QUEUE_SIZE] __attribute__((aligned(4096)));
    struct nvme_completion io_completions[NVME_QUEUE_SIZE] __attribute__((aligned(4096)));
    uint8_t answer[4096] __attribute__((aligned(4096)));
    uint64_t page_lists[NVME_REQUESTS][NVME_SLICES] __attribute__((aligned(4096)));

    pci_address function;
    volatile uint8_t *registers;
    volatile uint32_t *messages; /* NULL: it cannot interrupt */
    unsigned timeout;            /* milliseconds that starting and stopping it may take */
    bool broken;
    struct nvme_queue admin, io;
    unsigned slices_max;
    uint32_t namespaces;
    bool flushes;
    char serial[NVME_CONTROLLER_SERIAL_SIZE + 1];
    struct nvme_request *free_requests;
    struct nvme_request requests[NVME_REQUESTS];
};

/* That one takes. */
static inline size_t nvme_pages(void)
{
    return (sizeof(struct nvme) + PAGE_SIZE - 1) / PAGE_SIZE;
}

/* Brings the controller up that is this function. NULL if that cannot be. */
struct nvme *nvme_start(pci_address function);

/* Has the controller describe itself or a namespace in `answer`. */
bool nvme_identify(struct nvme *nvme, uint32_t what, uint32_t namespace);

/* Puts a command in, for which there is room; the controller is told by nvme_expect. */
void nvme_put(struct nvme_queue *queue, const struct nvme_command *command);

/* Tells the controller, and idles until it has completed a command. False if it is gone, or has completed none for a
 * minute, second by second: see virtio_expect. */
bool nvme_expect(struct nvme *nvme, struct nvme_queue *queue);

/* Takes the next completion: which command has ended, and its status, 0 for success, with NVME_STATUS_DO_NOT_RETRY. */
bool nvme_take(struct nvme_queue *queue, uint16_t *id, uint16_t *status);

/* Stops the controller, which touches no memory after that, being no bus master any more. All requests fail. */
void nvme_give_up(struct nvme *nvme);

#endif
