/* iso.c: an ISO 9660 file system that boots as a CD by El Torito, and as a disk like a raw image.
 *
 * xorriso makes the file system, with the kernel, the EFI system partition and the CD's boot image as files. It leaves
 * the first 32 KiB alone; there go the MBR, the partition table, the plan and the BIOS stub, once it is known where
 * the files have come to lie. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/proc.h"
#include "image/boot_plan.h"
#include "image/parts.h"

#define ISO_SECTOR     2048u
#define ISO_DATE       "2000010100000000" /* of everything: the same input gives the same bytes */
#define ISO_DESCRIPTOR (16 * ISO_SECTOR)
#define ISO_ROOT       156u /* in the primary volume descriptor (ECMA-119, 8.4.18) */

/* The boot image: the same bytes as sectors 0, 40 and 41.. of a disk, next to each other (boot/cd.S). */
#define BOOT_IMAGE_PLAN BOOT_SECTOR_SIZE
#define BOOT_IMAGE_STUB (2 * BOOT_SECTOR_SIZE)

/* --- the file system --- */

static int write_part(const char *path, const void *bytes, size_t size, struct err *err)
{
    struct output output;
    int result = output_begin(&output, path, err);
    if (result == 0 && (result = output_write(&output, bytes, size, err)) == 0)
        result = output_commit(&output, err);
    output_discard(&output);
    return result;
}

static int write_tree(const struct parts *parts, const char *tree, size_t boot_size, struct arena *arena,
                      struct err *err)
{
    uint8_t *boot = arena_alloc(arena, boot_size);
    memcpy(boot, parts->cd.data, parts->cd.size);
    memcpy(boot + BOOT_IMAGE_STUB, parts->bios.data, parts->bios.size);
    if (write_part(arena_printf(arena, "%s/boot.bin", tree), boot, boot_size, err) != 0 ||
        write_part(arena_printf(arena, "%s/efi.img", tree), parts->esp.data, parts->esp.size, err) != 0)
        return -1;
    return write_part(arena_printf(arena, "%s/kernel.elf", tree), parts->kernel.data, parts->kernel.size, err);
}

/* The label in the letters that ISO 9660 allows (ECMA-119, 7.4.1). */
static const char *volume_label(const struct image_options *options, struct arena *arena)
{
    const char *label = options->label ? options->label : "mewz";
    char *text = arena_copy_string(arena, label, strlen(label));
    for (char *c = text; *c; c++)
        *c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
    return text;
}

static int run_xorriso(const struct parts *parts, const char *tree, size_t boot_size, const char *path,
                       struct arena *arena, struct err *err)
{
    const char *argv[] = {
        "xorriso",
        "-as",
        "mkisofs",
        "-quiet",
        "-V",
        volume_label(parts->options, arena),
        "--modification-date=" ISO_DATE,
        "--set_all_file_dates",
        ISO_DATE,
        "-b",
        "boot.bin",
        "-no-emul-boot",
        "-boot-load-size",
        arena_printf(arena, "%zu", boot_size / BOOT_SECTOR_SIZE),
        "-eltorito-alt-boot",
        "-e",
        "efi.img",
        "-no-emul-boot",
        "-o",
        path,
        tree,
        NULL,
    };
    return proc_run(argv, "xorriso", NULL, err);
}

/* --- where the files are: the root folder's records (ECMA-119, 9.1) --- */

struct record {
    uint8_t size;
    uint8_t extended;
    uint8_t extent[8], bytes[8]; /* each little-endian, then big-endian */
    uint8_t ignored[14];
    uint8_t name_size;
    char name[];
};

static uint64_t little(const uint8_t bytes[8])
{
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint64_t)bytes[3] << 24;
}

/* The position of the file whose name begins so; 0 where there is none. */
static uint64_t find_file(const uint8_t *iso, uint64_t size, const char *name)
{
    const struct record *root = (const void *)(iso + ISO_DESCRIPTOR + ISO_ROOT);
    uint64_t at = little(root->extent) * ISO_SECTOR, end = at + little(root->bytes);
    while (at + sizeof(struct record) <= end && end <= size) {
        const struct record *record = (const void *)(iso + at);
        if (record->size == 0) /* the rest of a sector is not used */
            at = parts_round_up(at + 1, ISO_SECTOR);
        else if (record->name_size >= strlen(name) && memcmp(record->name, name, strlen(name)) == 0)
            return little(record->extent) * ISO_SECTOR;
        else
            at += record->size;
    }
    return 0;
}

/* --- the first 32 KiB, and the second partition table --- */

static void put_boot_sectors(uint8_t *iso, const struct parts *parts, const struct parts_layout *layout,
                             const struct boot_plan *plan, uint64_t boot_offset)
{
    struct gpt gpt;
    parts_build_tables(parts, layout, &gpt);
    memcpy(iso, gpt.mbr, sizeof gpt.mbr);
    memcpy(iso + BOOT_SECTOR_SIZE, gpt.primary, sizeof gpt.primary);
    memcpy(iso + layout->size - sizeof gpt.backup, gpt.backup, sizeof gpt.backup);
    memcpy(iso + BOOT_PLAN_SECTOR * BOOT_SECTOR_SIZE, plan, sizeof *plan);
    memcpy(iso + BOOT_STUB_SECTOR * BOOT_SECTOR_SIZE, parts->bios.data, parts->bios.size);
    memcpy(iso + boot_offset + BOOT_IMAGE_PLAN, plan, sizeof *plan);
}

static int complete(int fd, const char *elf, const char *path, const struct parts *parts, struct err *err)
{
    struct parts_layout layout;
    struct boot_plan plan;
    struct stat stat;
    if (fstat(fd, &stat) != 0)
        return err_set_errno(err, "%s", path);
    uint64_t size = (uint64_t)stat.st_size;
    if (size < ISO_DESCRIPTOR + ISO_SECTOR)
        return err_set(err, "%s: xorriso wrote no file system", path);
    if (parts_choose_size(parts, size, &layout, err) != 0)
        return -1;
    int failure =
        posix_fallocate(fd, 0, (off_t)layout.size); /* on a full disk writing to the mapping would be a signal */
    if (failure != 0) {
        errno = failure;
        return err_set_errno(err, "%s", path);
    }
    uint8_t *iso = mmap(NULL, layout.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (iso == MAP_FAILED)
        return err_set_errno(err, "%s", path);
    uint64_t boot_offset = find_file(iso, size, "BOOT.BIN");
    layout.esp_offset = find_file(iso, size, "EFI.IMG");
    layout.kernel_offset = find_file(iso, size, "KERNEL.ELF");
    int result = 0;
    if (!boot_offset || !layout.esp_offset || !layout.kernel_offset)
        result = err_set(err, "%s: xorriso left out a file", path);
    else
        result = boot_plan_make(&plan, elf, parts->kernel.data, parts->kernel.size, layout.kernel_offset, err);
    if (result == 0)
        put_boot_sectors(iso, parts, &layout, &plan, boot_offset);
    munmap(iso, layout.size);
    return result;
}

static int write_iso(const char *elf, const struct parts *parts, const char *tree, const char *path,
                     struct arena *arena, struct err *err)
{
    size_t boot_size = parts_round_up(BOOT_IMAGE_STUB + parts->bios.size, ISO_SECTOR);
    if (write_tree(parts, tree, boot_size, arena, err) != 0 ||
        run_xorriso(parts, tree, boot_size, path, arena, err) != 0)
        return -1;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "%s", path);
    int result = complete(fd, elf, path, parts, err);
    if (close(fd) != 0 && result == 0)
        result = err_set_errno(err, "%s", path);
    return result;
}

int image_write_iso(const char *elf, const struct image_options *options, const char *path, struct err *err)
{
    struct parts parts;
    struct temp_dir tree;
    struct arena arena = {0};
    int result = parts_open(&parts, elf, options, err);
    if (result == 0 && (result = temp_dir_make(&tree, err)) == 0) {
        result = write_iso(elf, &parts, tree.path, path, &arena, err);
        temp_dir_remove(&tree);
    }
    parts_close(&parts);
    arena_free(&arena);
    return result;
}
