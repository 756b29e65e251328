/* efi.h: what the EFI stub uses of the UEFI specification 2.10, which names each thing. Unused members keep their place
 * only. Functions are called as the x64 calling convention of UEFI says (2.3.4), which is the compiler's own for the
 * stub's target. */
#ifndef IMAGE_BOOT_EFI_H
#define IMAGE_BOOT_EFI_H

#include <stddef.h>
#include <stdint.h>

typedef uint64_t efi_status; /* 0 for success, the top bit for errors (appendix D) */
typedef void *efi_handle;

#define EFI_SUCCESS           0ull
#define EFI_LOAD_ERROR        (1ull << 63 | 1)
#define EFI_INVALID_PARAMETER (1ull << 63 | 2)
#define EFI_BUFFER_TOO_SMALL  (1ull << 63 | 5)

struct efi_guid {
    uint32_t a;
    uint16_t b, c;
    uint8_t d[8];
};

struct efi_table_header {
    uint64_t signature;
    uint32_t revision, size, crc32, reserved;
};

/* 7.2: memory */
enum efi_allocate_type { EFI_ALLOCATE_ANY, EFI_ALLOCATE_MAX_ADDRESS, EFI_ALLOCATE_ADDRESS };

enum efi_memory_type {
    EFI_RESERVED,
    EFI_LOADER_CODE,
    EFI_LOADER_DATA,
    EFI_BOOT_SERVICES_CODE,
    EFI_BOOT_SERVICES_DATA,
    EFI_RUNTIME_SERVICES_CODE,
    EFI_RUNTIME_SERVICES_DATA,
    EFI_CONVENTIONAL,
    EFI_UNUSABLE,
    EFI_ACPI_RECLAIM,
    EFI_ACPI_NVS,
};

#define EFI_PAGE_SIZE 4096u

struct efi_memory_descriptor { /* firmware's may be longer: step by the size that GetMemoryMap tells */
    uint32_t type;
    uint64_t physical_start;
    uint64_t virtual_start;
    uint64_t page_count;
    uint64_t attribute;
};

/* 4.4: boot services */
struct efi_device_path;
struct efi_boot_services {
    struct efi_table_header header;
    void *task_priority[2];
    efi_status (*allocate_pages)(enum efi_allocate_type type, enum efi_memory_type memory_type, uint64_t count,
                                 uint64_t *address);
    void *free_pages;
    efi_status (*get_memory_map)(uint64_t *size, void *map, uint64_t *key, uint64_t *descriptor_size,
                                 uint32_t *descriptor_version);
    void *pool[2];
    void *events[6];
    void *protocol_interfaces[3];
    efi_status (*handle_protocol)(efi_handle handle, const struct efi_guid *protocol, void **interface);
    void *reserved, *register_protocol_notify, *locate_handle;
    efi_status (*locate_device_path)(const struct efi_guid *protocol, struct efi_device_path **path,
                                     efi_handle *handle);
    void *install_configuration_table;
    void *images[4];
    efi_status (*exit_boot_services)(efi_handle image, uint64_t map_key);
};

_Static_assert(offsetof(struct efi_boot_services, allocate_pages) == 24 + 2 * 8, "as in 4.4.1");
_Static_assert(offsetof(struct efi_boot_services, handle_protocol) == 24 + 16 * 8, "as in 4.4.1");
_Static_assert(offsetof(struct efi_boot_services, exit_boot_services) == 24 + 26 * 8, "as in 4.4.1");

/* 12.4: text output */
struct efi_text_output {
    void *reset;
    efi_status (*output_string)(struct efi_text_output *self, const uint16_t *text);
};

/* 4.3, 4.6: system table, configuration tables */
struct efi_configuration_table {
    struct efi_guid guid;
    void *table;
};

struct efi_system_table {
    struct efi_table_header header;
    void *vendor;
    uint32_t revision;
    void *console_in[2];
    efi_handle console_out_handle;
    struct efi_text_output *console_out;
    void *standard_error[2];
    void *runtime_services;
    struct efi_boot_services *boot;
    uint64_t table_count;
    struct efi_configuration_table *tables;
};

/* 9.1: the loaded image */
struct efi_loaded_image {
    uint32_t revision;
    efi_handle parent;
    struct efi_system_table *system;
    efi_handle device;
};

/* 10.2: a device path is a row of nodes of `length` bytes each, up to one of type END */
struct efi_device_path {
    uint8_t type, subtype;
    uint8_t length[2]; /* little-endian, not aligned */
};

#define EFI_PATH_END        0x7f
#define EFI_PATH_MEDIA      0x04
#define EFI_PATH_HARD_DRIVE 0x01
#define EFI_PATH_CDROM      0x02

/* 13.9: block input and output */
struct efi_block_media {
    uint32_t media_id;
};

struct efi_block_io {
    uint64_t revision;
    struct efi_block_media *media;
};

/* 13.7: the same by bytes */
struct efi_disk_io {
    uint64_t revision;
    efi_status (*read_disk)(struct efi_disk_io *self, uint32_t media_id, uint64_t offset, uint64_t size, void *buffer);
};

#define EFI_GUID_LOADED_IMAGE {0x5b1b31a1, 0x9562, 0x11d2, {0x8e, 0x3f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}}
#define EFI_GUID_DEVICE_PATH  {0x09576e91, 0x6d3f, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}}
#define EFI_GUID_BLOCK_IO     {0x964e5b21, 0x6459, 0x11d2, {0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}}
#define EFI_GUID_DISK_IO      {0xce345171, 0xba0b, 0x11d2, {0x8e, 0x4f, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b}}
#define EFI_GUID_ACPI_20      {0x8868e871, 0xe4f1, 0x11d3, {0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81}}
#define EFI_GUID_ACPI_10      {0xeb9d2d30, 0x2d88, 0x11d3, {0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d}}

#endif
