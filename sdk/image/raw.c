/* raw.c: the raw disk image, which boots by BIOS and by UEFI. mewz/boot_plan.h shows its layout. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "image/boot_plan.h"
#include "image/parts.h"

/* SeaBIOS does not boot a virtio disk of less than half a MiB: PARTS_SIZE_UNIT is more. */
static int lay_out(const struct parts *parts, struct parts_layout *layout, struct err *err)
{
    layout->esp_offset = BOOT_ESP_SECTOR * BOOT_SECTOR_SIZE;
    layout->kernel_offset = parts_round_up(layout->esp_offset + parts->esp.size, PARTS_KERNEL_UNIT);
    return parts_choose_size(parts, parts_round_up(layout->kernel_offset + parts->kernel.size, PARTS_KERNEL_UNIT),
                             layout, err);
}

/* --- writing: from front to back, so that the output may be a pipe --- */

struct writer {
    int fd;
    const char *path;
    uint64_t position;
    bool is_file; /* in which zeroes are holes */
    struct err *err;
};

static int put(struct writer *writer, const void *bytes, size_t size)
{
    if (writer->is_file && file_write_sparse(writer->fd, writer->position, bytes, size) != 0)
        return err_set_errno(writer->err, "%s", writer->path);
    for (size_t done = writer->is_file ? size : 0; done < size;) {
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
    if (writer->is_file)
        writer->position = position;
    while (writer->position < position) {
        uint64_t gap = position - writer->position;
        if (put(writer, zeros, gap < sizeof zeros ? gap : sizeof zeros) != 0)
            return -1;
    }
    return put(writer, bytes, size);
}

static int put_disk(struct writer *writer, const struct parts *parts, const struct parts_layout *layout,
                    const struct boot_plan *plan)
{
    struct gpt gpt;
    parts_build_tables(parts, layout, &gpt);
    if (put(writer, gpt.mbr, sizeof gpt.mbr) != 0 || put(writer, gpt.primary, sizeof gpt.primary) != 0 ||
        put_at(writer, BOOT_PLAN_SECTOR * BOOT_SECTOR_SIZE, plan, sizeof *plan) != 0 ||
        put(writer, parts->bios.data, parts->bios.size) != 0 ||
        put_at(writer, layout->esp_offset, parts->esp.data, parts->esp.size) != 0 ||
        put_at(writer, layout->kernel_offset, parts->kernel.data, parts->kernel.size) != 0)
        return -1;
    return put_at(writer, layout->size - sizeof gpt.backup, gpt.backup, sizeof gpt.backup);
}

static int write_disk(const char *path, const struct parts *parts, const struct parts_layout *layout,
                      const struct boot_plan *plan, struct err *err)
{
    struct writer writer = {.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666), .path = path, .err = err};
    if (writer.fd < 0)
        return err_set_errno(err, "%s", path);
    writer.is_file = lseek(writer.fd, 0, SEEK_CUR) >= 0;
    int status = put_disk(&writer, parts, layout, plan);
    if (close(writer.fd) != 0 && status == 0)
        return err_set_errno(err, "%s", path);
    return status;
}

int image_write_raw(const char *elf, const struct image_options *options, const char *path, struct err *err)
{
    struct parts parts;
    struct parts_layout layout;
    struct boot_plan plan;
    int status = parts_open(&parts, elf, options, err);
    if (status == 0)
        status = lay_out(&parts, &layout, err);
    if (status == 0)
        status = boot_plan_make(&plan, elf, parts.kernel.data, parts.kernel.size, layout.kernel_offset, err);
    if (status == 0)
        status = write_disk(path, &parts, &layout, &plan, err);
    parts_close(&parts);
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
