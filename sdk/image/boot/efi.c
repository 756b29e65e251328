/* efi.c: the EFI stub, EFI/BOOT/BOOTX64.EFI. Loads the kernel as the plan on its disk says, translates UEFI's memory
 * map, ends the boot services and enters the kernel as a PVH loader does. */
#include "efi.h"

#include <stdbool.h>

#include "mewz/channels.h"
#include "pvh.h"
#include <mewz/boot_plan.h>

/* What efi_enter reads, by offset. */
struct efi_handoff {
    uint32_t entry;
    uint32_t start_info;
    uint32_t from, to, words; /* the kernel, where it is not in its place yet */
};

/* Memory below 4 GiB that the kernel's place does not touch: code to run last, and what the kernel reads first. */
#define MEMORY_MAX 512
struct low_memory {
    uint8_t code[512];
    struct efi_handoff handoff;
    struct pvh_start_info start_info;
    struct pvh_memory memory[MEMORY_MAX];
};

/* efi_enter.S; called in the copy only. */
void efi_enter(const struct efi_handoff *handoff);
extern const uint8_t efi_enter_end[];

efi_status efi_main(efi_handle image, struct efi_system_table *table);

static struct efi_system_table *efi;

/* --- bytes; the compiler may call these two as well --- */

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *end = to;
    __asm__ volatile("rep movsb" : "+D"(end), "+S"(from), "+c"(size) : : "memory");
    return to;
}

void *memset(void *to, int value, size_t size)
{
    void *end = to;
    __asm__ volatile("rep stosb" : "+D"(end), "+c"(size) : "a"(value) : "memory");
    return to;
}

static bool same_guid(const struct efi_guid *a, const struct efi_guid *b)
{
    const uint64_t *x = (const uint64_t *)(const void *)a, *y = (const uint64_t *)(const void *)b;
    return x[0] == y[0] && x[1] == y[1];
}

/* Says it as the kernel would say a panic of its own. `mewz-cc run` then ends, with the message; elsewhere the firmware
 * goes on to what else it could boot. */
static efi_status fail(const uint16_t *reason, efi_status status)
{
    efi->console_out->output_string(efi->console_out, u"panic: boot: ");
    efi->console_out->output_string(efi->console_out, reason);
    efi->console_out->output_string(efi->console_out, u"\r\n");
    uint8_t readback;
    __asm__ volatile("inb %1, %0" : "=a"(readback) : "d"((uint16_t)MEWZ_EXIT_IOPORT));
    if (readback == MEWZ_EXIT_READBACK) {
        __asm__ volatile("outb %b0, %w1" : : "a"(MEWZ_EXIT_PANIC), "d"(MEWZ_EXIT_IOPORT));
        __asm__ volatile("outb %b0, %w1" : : "a"(0), "d"(MEWZ_QUIT_IOPORT));
    }
    return status ? status : EFI_LOAD_ERROR;
}

/* --- the disk --- */

struct disk {
    struct efi_disk_io *io;
    uint32_t media_id;
};

static struct efi_device_path *next_node(struct efi_device_path *node)
{
    return (void *)((uint8_t *)node + node->length[0] + 256 * node->length[1]);
}

static bool is_partition(const struct efi_device_path *node)
{
    return node->type == EFI_PATH_MEDIA && (node->subtype == EFI_PATH_HARD_DRIVE || node->subtype == EFI_PATH_CDROM);
}

/* Ends the path before the first node that names a partition: the path of the disk. There may be a second one: some
 * firmware takes the FAT file system on a CD for a disk with a partition. */
static bool cut_partition(struct efi_device_path *path)
{
    while (path->type != EFI_PATH_END && !is_partition(path))
        path = next_node(path);
    struct efi_device_path *cut = path;
    while (path->type != EFI_PATH_END)
        path = next_node(path);
    if (cut == path)
        return false;
    *cut = *path;
    return true;
}

static size_t path_size(const struct efi_device_path *path)
{
    const uint8_t *at = (const uint8_t *)path;
    while (*at != EFI_PATH_END)
        at += at[2] + 256 * at[3];
    return (size_t)(at - (const uint8_t *)path) + sizeof *path;
}

/* The disk of the partition that the stub was loaded from. */
static efi_status open_disk(efi_handle image, struct disk *disk)
{
    static const struct efi_guid loaded_image_guid = EFI_GUID_LOADED_IMAGE, path_guid = EFI_GUID_DEVICE_PATH,
                                 block_guid = EFI_GUID_BLOCK_IO, disk_guid = EFI_GUID_DISK_IO;
    static uint8_t copy[1024];
    struct efi_loaded_image *loaded;
    struct efi_device_path *path;
    struct efi_block_io *block;
    efi_handle handle;
    efi_status status;

    if ((status = efi->boot->handle_protocol(image, &loaded_image_guid, (void **)&loaded)) ||
        (status = efi->boot->handle_protocol(loaded->device, &path_guid, (void **)&path)))
        return fail(u"the disk cannot be found", status);
    size_t size = path_size(path);
    if (size > sizeof copy)
        return fail(u"the disk's name is too long", EFI_LOAD_ERROR);
    memcpy(copy, path, size);
    path = (struct efi_device_path *)copy;
    if (!cut_partition(path))
        return fail(u"this is not a mewz disk", EFI_LOAD_ERROR);
    if ((status = efi->boot->locate_device_path(&disk_guid, &path, &handle)) ||
        (status = efi->boot->handle_protocol(handle, &disk_guid, (void **)&disk->io)) ||
        (status = efi->boot->handle_protocol(handle, &block_guid, (void **)&block)))
        return fail(u"the disk cannot be opened", status);
    disk->media_id = block->media->media_id;
    return EFI_SUCCESS;
}

static efi_status read_disk(const struct disk *disk, uint64_t offset, uint64_t size, void *to)
{
    efi_status status = disk->io->read_disk(disk->io, disk->media_id, offset, size, to);
    return status ? fail(u"the disk cannot be read", status) : EFI_SUCCESS;
}

static efi_status read_plan(const struct disk *disk, struct boot_plan *plan)
{
    efi_status status = read_disk(disk, BOOT_PLAN_SECTOR * BOOT_SECTOR_SIZE, sizeof *plan, plan);
    if (!status && plan->magic != BOOT_PLAN_MAGIC)
        return fail(u"this is not a mewz disk, or it is damaged", EFI_LOAD_ERROR);
    return status;
}

/* --- the memory map --- */

struct map {
    uint8_t bytes[65536];
    uint64_t size, key, step;
};

static efi_status read_map(struct map *map)
{
    uint32_t version;
    map->size = sizeof map->bytes;
    return efi->boot->get_memory_map(&map->size, map->bytes, &map->key, &map->step, &version);
}

static const struct efi_memory_descriptor *map_entry(const struct map *map, uint64_t index)
{
    return (const void *)(map->bytes + index * map->step);
}

static uint64_t entry_end(const struct efi_memory_descriptor *entry)
{
    return entry->physical_start + entry->page_count * EFI_PAGE_SIZE;
}

static enum pvh_memory_type translate_type(uint32_t type)
{
    switch (type) {
    case EFI_LOADER_CODE:
    case EFI_LOADER_DATA:
    case EFI_BOOT_SERVICES_CODE:
    case EFI_BOOT_SERVICES_DATA:
    case EFI_CONVENTIONAL:
        return PVH_MEMORY_RAM;
    case EFI_ACPI_RECLAIM:
        return PVH_MEMORY_ACPI;
    case EFI_ACPI_NVS:
        return PVH_MEMORY_NVS;
    case EFI_UNUSABLE:
        return PVH_MEMORY_UNUSABLE;
    default:
        return PVH_MEMORY_RESERVED;
    }
}

/* Neighbours of the same type become one. What has no place in the table is memory that the kernel does not use. */
static uint32_t translate_map(const struct map *map, struct pvh_memory *memory)
{
    uint32_t count = 0;
    for (uint64_t i = 0; i < map->size / map->step; i++) {
        const struct efi_memory_descriptor *entry = map_entry(map, i);
        struct pvh_memory *last = count ? &memory[count - 1] : NULL;
        uint64_t size = entry->page_count * EFI_PAGE_SIZE;
        uint32_t type = translate_type(entry->type);
        if (last && last->type == type && last->address + last->size == entry->physical_start)
            last->size += size;
        else if (count < MEMORY_MAX)
            memory[count++] = (struct pvh_memory){entry->physical_start, size, type, 0};
    }
    return count;
}

/* --- the kernel --- */

struct kernel {
    uint64_t start, end; /* physical memory it wants, whole pages */
    uint64_t loaded;     /* where it is so far */
};

static struct map map; /* large, and memory of its own would change it */

static bool overlap(uint64_t start_a, uint64_t end_a, uint64_t start_b, uint64_t end_b)
{
    return start_a < end_b && start_b < end_a;
}

/* Firmware may use the kernel's place for itself until the boot services end (OVMF keeps data at 8 MiB). Then it may be
 * overwritten, and so may what is kept for S3 sleep or runtime services: the kernel uses neither. */
static bool may_be_overwritten(uint64_t start, uint64_t end)
{
    uint64_t covered = 0;
    if (read_map(&map))
        return false;
    for (uint64_t i = 0; i < map.size / map.step; i++) {
        const struct efi_memory_descriptor *entry = map_entry(&map, i);
        if (!overlap(start, end, entry->physical_start, entry_end(entry)))
            continue;
        bool free = entry->type == EFI_CONVENTIONAL || entry->type == EFI_ACPI_NVS ||
                    (entry->type >= EFI_BOOT_SERVICES_CODE && entry->type <= EFI_RUNTIME_SERVICES_DATA);
        if (!free)
            return false;
        uint64_t from = entry->physical_start > start ? entry->physical_start : start;
        uint64_t to = entry_end(entry) < end ? entry_end(entry) : end;
        covered += to - from;
    }
    return covered == end - start;
}

static efi_status allocate_low(enum efi_memory_type type, uint64_t size, const struct kernel *kernel, uint64_t *address)
{
    uint64_t pages = (size + EFI_PAGE_SIZE - 1) / EFI_PAGE_SIZE;
    *address = 0xffffffff;
    efi_status status = efi->boot->allocate_pages(EFI_ALLOCATE_MAX_ADDRESS, type, pages, address);
    if (status || overlap(*address, *address + pages * EFI_PAGE_SIZE, kernel->start, kernel->end))
        return fail(u"the machine has not enough memory for the kernel", status);
    return EFI_SUCCESS;
}

static efi_status find_place(const struct boot_plan *plan, struct kernel *kernel)
{
    kernel->start = BOOT_MEMORY_END;
    kernel->end = 0;
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        const struct boot_segment *segment = &plan->segments[i];
        uint64_t end = (uint64_t)segment->address + segment->memory_size;
        if (segment->address < kernel->start)
            kernel->start = segment->address & -(uint64_t)EFI_PAGE_SIZE;
        if (end > kernel->end)
            kernel->end = (end + EFI_PAGE_SIZE - 1) & -(uint64_t)EFI_PAGE_SIZE;
    }
    uint64_t size = kernel->end - kernel->start;
    kernel->loaded = kernel->start;
    if (!efi->boot->allocate_pages(EFI_ALLOCATE_ADDRESS, EFI_LOADER_DATA, size / EFI_PAGE_SIZE, &kernel->loaded))
        return EFI_SUCCESS;
    if (!may_be_overwritten(kernel->start, kernel->end))
        return fail(u"the kernel's place in memory is taken, or the machine has not enough memory", EFI_LOAD_ERROR);
    return allocate_low(EFI_LOADER_DATA, size, kernel, &kernel->loaded);
}

static efi_status load(const struct disk *disk, const struct boot_plan *plan, const struct kernel *kernel)
{
    memset((void *)kernel->loaded, 0, kernel->end - kernel->start);
    for (uint32_t i = 0; i < plan->segment_count; i++) {
        const struct boot_segment *segment = &plan->segments[i];
        void *to = (void *)(kernel->loaded + segment->address - kernel->start);
        efi_status status = read_disk(disk, segment->offset, segment->file_size, to);
        if (status)
            return status;
    }
    return EFI_SUCCESS;
}

/* --- the end --- */

static uint64_t find_rsdp(void)
{
    static const struct efi_guid guids[] = {EFI_GUID_ACPI_20, EFI_GUID_ACPI_10};
    for (int version = 0; version < 2; version++)
        for (uint64_t i = 0; i < efi->table_count; i++)
            if (same_guid(&efi->tables[i].guid, &guids[version]))
                return (uint64_t)efi->tables[i].table;
    return 0;
}

/* The map may change until the moment that ends the boot services, which then fails and has to be tried again with the
 * new one (7.4.6). Nothing but these two calls is allowed after the first attempt. */
static efi_status exit_boot_services(efi_handle image)
{
    efi_status status = EFI_INVALID_PARAMETER;
    for (int attempts = 0; attempts < 4 && status == EFI_INVALID_PARAMETER; attempts++) {
        status = read_map(&map);
        if (!status)
            status = efi->boot->exit_boot_services(image, map.key);
    }
    return status;
}

static void prepare(struct low_memory *low, const struct boot_plan *plan, const struct kernel *kernel)
{
    memcpy(low->code, (const void *)efi_enter, (size_t)(efi_enter_end - (const uint8_t *)efi_enter));
    low->handoff = (struct efi_handoff){
        .entry = plan->entry,
        .start_info = (uint32_t)(uint64_t)&low->start_info,
        .from = (uint32_t)kernel->loaded,
        .to = (uint32_t)kernel->start,
        .words = kernel->loaded == kernel->start ? 0 : (uint32_t)((kernel->end - kernel->start) / 4),
    };
    low->start_info = (struct pvh_start_info){
        .magic = PVH_MAGIC,
        .version = 1,
        .rsdp = find_rsdp(),
        .memory = (uint64_t)low->memory,
    };
}

efi_status efi_main(efi_handle image, struct efi_system_table *table)
{
    static struct boot_plan plan;
    struct disk disk;
    struct kernel kernel;
    uint64_t address;
    efi_status status;

    efi = table;
    if ((status = open_disk(image, &disk)) || (status = read_plan(&disk, &plan)) ||
        (status = find_place(&plan, &kernel)) || (status = load(&disk, &plan, &kernel)) ||
        (status = allocate_low(EFI_LOADER_CODE, sizeof(struct low_memory), &kernel, &address)))
        return status;

    struct low_memory *low = (struct low_memory *)address;
    prepare(low, &plan, &kernel);
    if ((status = exit_boot_services(image)))
        return status;
    low->start_info.memory_count = translate_map(&map, low->memory);
    void (*enter)(const struct efi_handoff *) = (void (*)(const struct efi_handoff *))(void *)low->code;
    enter(&low->handoff);
    return EFI_LOAD_ERROR; /* not reached */
}
