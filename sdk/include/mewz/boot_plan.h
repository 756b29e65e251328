/* boot_plan.h: the layout of a disk image, which its writer, both boot stubs, image_find_kernel and the kernel share.
 *
 * The stubs are the same in every image. The one thing that differs is the plan, a sector at a fixed place that says
 * where on the disk the kernel is and where in memory it goes. All of it, GPT included, fits in the first 32 KiB, which
 * an ISO 9660 file system leaves alone as well.
 *
 *   sector  0        MBR stub, protective partition table
 *           1..33    GPT
 *          40        the plan
 *          41..63    BIOS stub: the MBR stub loads it, with the plan, in one read
 *          64..      EFI system partition, which holds the EFI stub
 *           ?..      the kernel's ELF file, as it is
 *
 * On an ISO the first 41 sectors are the same, its file system follows, and EFI system partition and kernel are files
 * in it. */
#ifndef MEWZ_BOOT_PLAN_H
#define MEWZ_BOOT_PLAN_H

#define BOOT_SECTOR_SIZE       512
#define BOOT_CD_SECTOR_SHIFT   11 /* a CD's sectors, by binary logarithm */
#define BOOT_DISK_SECTOR_SHIFT 9
#define BOOT_PLAN_SECTOR       40
#define BOOT_STUB_SECTOR       41
#define BOOT_ESP_SECTOR        64

/* Where the MBR stub puts the plan; the BIOS stub follows. */
#define BOOT_PLAN_ADDRESS 0x7e00
#define BOOT_STUB_ADDRESS 0x8000

/* Kernels are loaded into [BOOT_MEMORY_START, BOOT_MEMORY_END): above what BIOS and stub use, below device memory. */
#define BOOT_MEMORY_START 0x00100000
#define BOOT_MEMORY_END   0xc0000000

#ifndef __ASSEMBLER__
#include <stdint.h>

#define BOOT_PLAN_MAGIC   0x6e616c707a77654dull /* "Mewzplan" */
#define BOOT_SEGMENTS_MAX 14

/* What a PT_LOAD segment says: bytes from the disk, then zeros. No two overlap in memory. */
struct boot_segment {
    uint64_t offset; /* on the disk, in bytes */
    uint64_t file_size;
    uint32_t address; /* physical */
    uint32_t memory_size;
    uint64_t reserved;
};

struct boot_plan {
    uint64_t magic;
    uint64_t kernel_offset; /* of the ELF file on the disk, in bytes */
    uint64_t kernel_size;
    uint32_t entry; /* PVH entry point: 32-bit, no paging, %ebx -> start_info */
    uint32_t segment_count;
    struct boot_segment segments[BOOT_SEGMENTS_MAX];
    uint8_t reserved[32];
};

_Static_assert(sizeof(struct boot_plan) == BOOT_SECTOR_SIZE, "the plan is one sector");
_Static_assert(BOOT_PLAN_ADDRESS + BOOT_SECTOR_SIZE == BOOT_STUB_ADDRESS, "one read brings plan and stub");
#endif

#endif
