/* pvh.h: what a PVH kernel is handed at its entry (Xen, docs/misc/pvh.pandoc and public/arch-x86/hvm/start_info.h). */
#ifndef IMAGE_BOOT_PVH_H
#define IMAGE_BOOT_PVH_H

#include <stdint.h>

#define PVH_MAGIC 0x336ec578

/* Types of memory, the same as in BIOS's E820 map (ACPI 6.5, 15.1). */
enum pvh_memory_type {
    PVH_MEMORY_RAM = 1,
    PVH_MEMORY_RESERVED = 2,
    PVH_MEMORY_ACPI = 3,
    PVH_MEMORY_NVS = 4,
    PVH_MEMORY_UNUSABLE = 5,
};

struct pvh_memory {
    uint64_t address;
    uint64_t size;
    uint32_t type;
    uint32_t reserved;
};

struct pvh_start_info {
    uint32_t magic;
    uint32_t version; /* 1: the memory map is there */
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules;
    uint64_t command_line;
    uint64_t rsdp; /* ACPI's root pointer, 0 if it is not known */
    uint64_t memory;
    uint32_t memory_count;
    uint32_t reserved;
};

_Static_assert(sizeof(struct pvh_memory) == 24, "start_info is a wire format");
_Static_assert(sizeof(struct pvh_start_info) == 56, "start_info is a wire format");

#endif
