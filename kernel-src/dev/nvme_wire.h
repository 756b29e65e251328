/* nvme_wire.h: NVMe's registers, commands and structures, as far as we use them (NVM Express 1.4). */
#ifndef DEV_NVME_WIRE_H
#define DEV_NVME_WIRE_H

#include <stdint.h>

/* Section 3.1. */
enum nvme_register {
    NVME_CAP = 0x00, /* 64 bits */
    NVME_CC = 0x14,
    NVME_CSTS = 0x1c,
    NVME_AQA = 0x24,
    NVME_ASQ = 0x28, /* 64 bits */
    NVME_ACQ = 0x30, /* 64 bits */
    NVME_DOORBELLS = 0x1000,
};

/* Section 3.1.5: entries of 64 and 16 bytes, pages of 4 KiB, the NVM command set. */
#define NVME_CC_ENABLED (1u | 6u << 16 | 4u << 20)
/* Section 3.1.6. */
enum { NVME_CSTS_READY = 1, NVME_CSTS_FATAL = 2 };

/* Sections 5 and 6. */
enum nvme_admin { NVME_CREATE_SQ = 0x01, NVME_CREATE_CQ = 0x05, NVME_IDENTIFY = 0x06, NVME_SET_FEATURES = 0x09 };
enum nvme_io { NVME_FLUSH = 0x00, NVME_WRITE = 0x01, NVME_READ = 0x02 };

enum { NVME_IDENTIFY_NAMESPACE = 0, NVME_IDENTIFY_CONTROLLER = 1 }; /* 5.15.1 */
enum { NVME_FEATURE_QUEUES = 0x07 };                                /* 5.21.1.7 */
enum { NVME_QUEUE_CONTIGUOUS = 1, NVME_QUEUE_INTERRUPTS = 2 };      /* 5.3, 5.4 */
enum { NVME_STATUS_PHASE = 1, NVME_STATUS_DO_NOT_RETRY = 1 << 15 }; /* 4.6.1 */

/* Section 4.2. */
struct nvme_command {
    uint8_t opcode, flags;
    uint16_t id;
    uint32_t namespace;
    uint64_t reserved, metadata;
    uint64_t pages[2]; /* PRP 1 and 2 */
    uint32_t words[6]; /* 10 to 15 */
};
_Static_assert(sizeof(struct nvme_command) == 64, "NVM Express 1.4, section 4.2");

/* Section 4.6. */
struct nvme_completion {
    uint32_t result, reserved;
    uint16_t head, queue;
    uint16_t id;
    uint16_t status;
};
_Static_assert(sizeof(struct nvme_completion) == 16, "NVM Express 1.4, section 4.6");

/* Section 5.15.2.2, figure 247: bytes of the controller's data structure. */
enum {
    NVME_CONTROLLER_SERIAL = 4,
    NVME_CONTROLLER_SERIAL_SIZE = 20,
    NVME_CONTROLLER_TRANSFER_MAX = 77, /* a power of two of pages; 0: there is no limit */
    NVME_CONTROLLER_NAMESPACES = 516,  /* 32 bits */
    NVME_CONTROLLER_WRITE_CACHE = 525, /* bit 0 */
};

/* Section 5.15.2.1, figure 245: bytes of a namespace's data structure. */
enum {
    NVME_NAMESPACE_SIZE = 0, /* 64 bits, in blocks */
    NVME_NAMESPACE_FORMAT = 26,
    NVME_NAMESPACE_PROTECTION = 29, /* bits 0 to 2 */
    NVME_NAMESPACE_ATTRIBUTES = 99, /* bit 0: write-protected */
    NVME_NAMESPACE_FORMATS = 128,   /* 4 bytes each: 16 bits of metadata size, 8 bits of log2 of the block size */
};

#endif
