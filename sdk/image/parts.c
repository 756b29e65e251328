#include "image/parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/proc.h"

/* Partition types. The first two are well known; the last is our own, for a disk region that holds a kernel's ELF. */
static const struct gpt_guid type_bios_boot = {
    {0x48, 0x61, 0x68, 0x21, 0x49, 0x64, 0x6f, 0x6e, 0x74, 0x4e, 0x65, 0x65, 0x64, 0x45, 0x46, 0x49}};
static const struct gpt_guid type_efi_system = {
    {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b}};
static const struct gpt_guid type_kernel = {
    {0x01, 0x8a, 0xe5, 0x3d, 0x6b, 0xa1, 0x2f, 0x83, 0x9d, 0x57, 0x4d, 0x65, 0x77, 0x7a, 0x4b, 0x31}};

uint64_t parts_round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

static int read_stub(struct file *file, const char *name, size_t size_max, struct err *err)
{
    char *path = sdk_file(name, err);
    if (!path)
        return -1;
    int status = file_read(file, path, err);
    if (status == 0 && file->size > size_max)
        status = err_set(err, "%s: larger than the %zu bytes that it may have", path, size_max);
    free(path);
    return status;
}

int parts_open(struct parts *parts, const char *elf, const struct image_options *options, struct err *err)
{
    *parts = (struct parts){.options = options};
    if (read_stub(&parts->mbr, "lib/boot/mbr.bin", 440, err) != 0 ||
        read_stub(&parts->cd, "lib/boot/cd.bin", BOOT_SECTOR_SIZE, err) != 0 ||
        read_stub(&parts->bios, "lib/boot/bios.bin", (BOOT_ESP_SECTOR - BOOT_STUB_SECTOR) * BOOT_SECTOR_SIZE, err) !=
            0 ||
        read_stub(&parts->esp, "lib/boot/esp.img", PARTS_SIZE_UNIT, err) != 0)
        return -1;
    return file_read(&parts->kernel, elf, err);
}

void parts_close(struct parts *parts)
{
    file_close(&parts->mbr);
    file_close(&parts->cd);
    file_close(&parts->bios);
    file_close(&parts->esp);
    file_close(&parts->kernel);
}

int parts_choose_size(const struct parts *parts, uint64_t end, struct parts_layout *layout, struct err *err)
{
    uint64_t least = parts_round_up(end + GPT_SECTORS * BOOT_SECTOR_SIZE, PARTS_SIZE_UNIT);
    uint64_t wanted = parts_round_up(parts->options->size, PARTS_SIZE_UNIT);
    if (wanted < parts->options->size)
        return err_set(err, "no image is as large as --size says");
    layout->size = wanted ? wanted : least;
    if (layout->size < least)
        return err_set(err, "the image needs %lu MiB, more than --size", (unsigned long)(least / PARTS_SIZE_UNIT));
    return 0;
}

/* FNV-1a, over words instead of bytes because kernels can be large. Different disks get different GUIDs by it; nobody's
 * safety depends on it. */
static uint64_t hash(const void *bytes, size_t size, uint64_t start)
{
    uint64_t value = start;
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, (const uint8_t *)bytes + i, size - i < sizeof word ? size - i : sizeof word);
        value = (value ^ word) * 0x100000001b3;
        value ^= value >> 29; /* the multiplication alone carries upwards only */
    }
    return value;
}

static uint64_t hash_disk(const struct parts *parts, const struct parts_layout *layout, const char *label,
                          uint64_t start)
{
    uint64_t value = hash(parts->kernel.data, parts->kernel.size, start);
    value = hash(label, strlen(label), value);
    return hash(&layout->size, sizeof layout->size, value);
}

void parts_build_tables(const struct parts *parts, const struct parts_layout *layout, struct gpt *gpt)
{
    const char *label = parts->options->label ? parts->options->label : "mewz-kernel";
    uint64_t esp_first = layout->esp_offset / BOOT_SECTOR_SIZE;
    uint64_t esp_sectors = parts->esp.size / BOOT_SECTOR_SIZE;
    uint64_t kernel_first = layout->kernel_offset / BOOT_SECTOR_SIZE;
    uint64_t kernel_sectors = parts_round_up(parts->kernel.size, PARTS_KERNEL_UNIT) / BOOT_SECTOR_SIZE;
    const struct gpt_partition partitions[] = {
        {type_bios_boot, BOOT_PLAN_SECTOR, BOOT_ESP_SECTOR - 1, "mewz-boot"},
        {type_efi_system, esp_first, esp_first + esp_sectors - 1, "mewz-efi"},
        {type_kernel, kernel_first, kernel_first + kernel_sectors - 1, label},
    };
    const uint64_t seed[2] = {
        hash_disk(parts, layout, label, 0xcbf29ce484222325),
        hash_disk(parts, layout, label, 0x9e3779b97f4a7c15),
    };
    gpt_build(gpt, partitions, sizeof partitions / sizeof *partitions, layout->size / BOOT_SECTOR_SIZE, seed);
    memcpy(gpt->mbr, parts->mbr.data, parts->mbr.size);
}
