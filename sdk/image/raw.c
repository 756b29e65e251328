/* raw.c: the raw disk image, which boots by BIOS and by UEFI. boot/plan.h shows its layout. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/proc.h"
#include "image/boot_plan.h"
#include "image/gpt.h"
#include "image/image.h"

/* Hypervisors and clouds want whole MiB; SeaBIOS does not boot a virtio disk of less than half a one. */
#define SIZE_UNIT (1u << 20)

#define KERNEL_ALIGNMENT 4096u

/* Partition types. The first two are well known; the last is our own, for a disk region that holds a kernel's ELF. */
static const struct gpt_guid type_bios_boot = {
    {0x48, 0x61, 0x68, 0x21, 0x49, 0x64, 0x6f, 0x6e, 0x74, 0x4e, 0x65, 0x65, 0x64, 0x45, 0x46, 0x49}};
static const struct gpt_guid type_efi_system = {
    {0x28, 0x73, 0x2a, 0xc1, 0x1f, 0xf8, 0xd2, 0x11, 0xba, 0x4b, 0x00, 0xa0, 0xc9, 0x3e, 0xc9, 0x3b}};
static const struct gpt_guid type_kernel = {
    {0x01, 0x8a, 0xe5, 0x3d, 0x6b, 0xa1, 0x2f, 0x83, 0x9d, 0x57, 0x4d, 0x65, 0x77, 0x7a, 0x4b, 0x31}};

/* What goes onto the disk. */
struct parts {
    struct file mbr, bios, esp; /* the stubs: lib/boot/ */
    struct file kernel;
};

struct layout {
    uint64_t kernel_offset;
    uint64_t size; /* of the disk, in bytes */
};

static uint64_t round_up(uint64_t value, uint64_t unit)
{
    return (value + unit - 1) / unit * unit;
}

/* --- parts --- */

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

static int open_parts(struct parts *parts, const char *elf, struct err *err)
{
    *parts = (struct parts){0};
    if (read_stub(&parts->mbr, "lib/boot/mbr.bin", 440, err) != 0 ||
        read_stub(&parts->bios, "lib/boot/bios.bin", (BOOT_ESP_SECTOR - BOOT_STUB_SECTOR) * BOOT_SECTOR_SIZE, err) !=
            0 ||
        read_stub(&parts->esp, "lib/boot/esp.img", SIZE_UNIT, err) != 0)
        return -1;
    return file_read(&parts->kernel, elf, err);
}

static void close_parts(struct parts *parts)
{
    file_close(&parts->mbr);
    file_close(&parts->bios);
    file_close(&parts->esp);
    file_close(&parts->kernel);
}

static struct layout lay_out(const struct parts *parts)
{
    struct layout layout;
    layout.kernel_offset = round_up(BOOT_ESP_SECTOR * BOOT_SECTOR_SIZE + parts->esp.size, KERNEL_ALIGNMENT);
    uint64_t end = round_up(layout.kernel_offset + parts->kernel.size, KERNEL_ALIGNMENT);
    layout.size = round_up(end + GPT_SECTORS * BOOT_SECTOR_SIZE, SIZE_UNIT);
    return layout;
}

/* --- tables --- */

/* FNV-1a, over words instead of bytes because kernels can be large. Different disks get different GUIDs by it; nobody's
 * safety depends on it. */
static uint64_t hash(const uint8_t *bytes, size_t size, uint64_t start)
{
    uint64_t value = start;
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, bytes + i, size - i < sizeof word ? size - i : sizeof word);
        value = (value ^ word) * 0x100000001b3;
        value ^= value >> 29; /* the multiplication alone carries upwards only */
    }
    return value;
}

static void build_tables(struct gpt *gpt, const struct parts *parts, const struct layout *layout)
{
    uint64_t esp_sectors = parts->esp.size / BOOT_SECTOR_SIZE;
    uint64_t kernel_first = layout->kernel_offset / BOOT_SECTOR_SIZE;
    uint64_t kernel_sectors = round_up(parts->kernel.size, KERNEL_ALIGNMENT) / BOOT_SECTOR_SIZE;
    const struct gpt_partition partitions[] = {
        {type_bios_boot, BOOT_PLAN_SECTOR, BOOT_ESP_SECTOR - 1, "mewz-boot"},
        {type_efi_system, BOOT_ESP_SECTOR, BOOT_ESP_SECTOR + esp_sectors - 1, "mewz-efi"},
        {type_kernel, kernel_first, kernel_first + kernel_sectors - 1, "mewz-kernel"},
    };
    const uint64_t seed[2] = {
        hash(parts->kernel.data, parts->kernel.size, 0xcbf29ce484222325),
        hash(parts->kernel.data, parts->kernel.size, 0x9e3779b97f4a7c15),
    };
    gpt_build(gpt, partitions, sizeof partitions / sizeof *partitions, layout->size / BOOT_SECTOR_SIZE, seed);
    memcpy(gpt->mbr, parts->mbr.data, parts->mbr.size);
}

/* --- writing: from front to back, so that the output may be a pipe --- */

struct writer {
    int fd;
    const char *path;
    uint64_t position;
    struct err *err;
};

static int put(struct writer *writer, const void *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t wrote = write(writer->fd, (const char *)bytes + done, size - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return err_set_errno(writer->err, "%s", writer->path);
        done += (size_t)wrote;
    }
    writer->position += size;
    return 0;
}

static int put_at(struct writer *writer, uint64_t position, const void *bytes, size_t size)
{
    static const uint8_t zeros[4096];
    while (writer->position < position) {
        uint64_t gap = position - writer->position;
        if (put(writer, zeros, gap < sizeof zeros ? gap : sizeof zeros) != 0)
            return -1;
    }
    return put(writer, bytes, size);
}

static int put_disk(struct writer *writer, const struct parts *parts, const struct layout *layout,
                    const struct boot_plan *plan)
{
    struct gpt gpt;
    build_tables(&gpt, parts, layout);
    if (put(writer, gpt.mbr, sizeof gpt.mbr) != 0 || put(writer, gpt.primary, sizeof gpt.primary) != 0 ||
        put_at(writer, BOOT_PLAN_SECTOR * BOOT_SECTOR_SIZE, plan, sizeof *plan) != 0 ||
        put(writer, parts->bios.data, parts->bios.size) != 0 ||
        put_at(writer, BOOT_ESP_SECTOR * BOOT_SECTOR_SIZE, parts->esp.data, parts->esp.size) != 0 ||
        put_at(writer, layout->kernel_offset, parts->kernel.data, parts->kernel.size) != 0)
        return -1;
    return put_at(writer, layout->size - sizeof gpt.backup, gpt.backup, sizeof gpt.backup);
}

static int write_disk(const char *path, const struct parts *parts, const struct layout *layout,
                      const struct boot_plan *plan, struct err *err)
{
    struct writer writer = {.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), .path = path, .err = err};
    if (writer.fd < 0)
        return err_set_errno(err, "%s", path);
    int status = put_disk(&writer, parts, layout, plan);
    if (close(writer.fd) != 0 && status == 0)
        return err_set_errno(err, "%s", path);
    return status;
}

int image_write_raw(const char *elf, const char *path, struct err *err)
{
    struct parts parts;
    struct boot_plan plan;
    int status = open_parts(&parts, elf, err);
    if (status == 0) {
        struct layout layout = lay_out(&parts);
        status = boot_plan_make(&plan, elf, parts.kernel.data, parts.kernel.size, layout.kernel_offset, err);
        if (status == 0)
            status = write_disk(path, &parts, &layout, &plan, err);
    }
    close_parts(&parts);
    return status;
}

int image_find_kernel(const unsigned char *bytes, unsigned long size, unsigned long *offset, unsigned long *kernel_size)
{
    struct boot_plan plan;
    size_t position = BOOT_PLAN_SECTOR * BOOT_SECTOR_SIZE;
    if (size < position + sizeof plan)
        return -1;
    memcpy(&plan, bytes + position, sizeof plan);
    if (plan.magic != BOOT_PLAN_MAGIC || plan.kernel_offset > size || plan.kernel_size > size - plan.kernel_offset)
        return -1;
    *offset = plan.kernel_offset;
    *kernel_size = plan.kernel_size;
    return 0;
}
