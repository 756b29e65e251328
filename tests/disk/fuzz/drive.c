/* drive.c: libFuzzer's target for contents of files on a drive (fs/drive.c): a good image or ELF file of which the
 * input changes some bytes, on a drive that fails now and then, and a reader. What is read is what the drive has. */
#include "kernel.h"

#include "dev/block_driver.h"
#include "fs/drive.c"
#include "input.h"

enum { DRIVE_SIZE = 512 << 10, KERNEL = 64 << 10, SECTIONS = 3, FILES = 12 << 10, FILES_SIZE = 70 * 4096 + 100 };

static uint8_t drive[DRIVE_SIZE], good_drives[2][DRIVE_SIZE];
static uint64_t drive_sectors;
static uint32_t drive_block_size;
static unsigned transfers_until_failure; /* 0: none fails */

/* --- the drive, as block.c knows it --- */

static bool find_drive(struct block_device *disk, bool (*accepts)(struct block_device *disk, const void *context),
                       const void *context)
{
    *disk = (struct block_device){.driver = &virtio_blk_driver,
                                  .sectors = drive_sectors,
                                  .block_size = drive_block_size,
                                  .slices_max = 16,
                                  .read_only = true};
    return accepts(disk, context);
}

static bool find_none(struct block_device *disk, bool (*accepts)(struct block_device *disk, const void *context),
                      const void *context)
{
    (void)disk, (void)accepts, (void)context;
    return false;
}

static void stop_drive(struct block_device *disk)
{
    CHECK(disk->in_flight == 0);
}

static void submit(struct block_device *disk, enum block_operation operation, uint64_t sector,
                   const struct block_slice *slices, unsigned count)
{
    bool fails = transfers_until_failure > 0 && --transfers_until_failure == 0;
    CHECK(operation == BLOCK_READ && disk->in_flight == 0);
    for (unsigned i = 0; i < count && !fails; i++) {
        CHECK(sector * BLOCK_SECTOR + slices[i].size <= sizeof drive);
        memcpy((void *)slices[i].address, drive + sector * BLOCK_SECTOR, slices[i].size);
        sector += slices[i].size / BLOCK_SECTOR;
    }
    disk->in_flight++;
    block_end(disk, !fails);
}

static void wait_for_it(struct block_device *disk)
{
    (void)disk;
    CHECK(false); /* it never has anything in flight */
}

const struct block_driver virtio_blk_driver = {
    .find = find_drive, .stop = stop_drive, .submit = submit, .wait = wait_for_it};
const struct block_driver virtio_scsi_driver = {.find = find_none}, nvme_driver = {.find = find_none};

void time_wait(uint64_t deadline)
{
    (void)deadline;
}

/* --- inputs --- */

static const struct mewz_tree tree = {
    .magic = MEWZ_TREE_MAGIC, .files_size = FILES_SIZE, .identity = "0123456789abcdef0123456789abcde"};

/* A disk image where `kernel` is not 0, else a kernel's ELF file. */
static void make_drive(uint8_t *bytes, uint64_t kernel)
{
    struct boot_plan plan = {.magic = BOOT_PLAN_MAGIC, .kernel_offset = kernel};
    struct elf_file file = {.section_offset = sizeof file, .section_count = SECTIONS};
    struct elf_section sections[SECTIONS] = {{.type = 1}, {.type = 3, .offset = 512}, {.type = MEWZ_FILES_TYPE}};
    struct mewz_files files = {.magic = MEWZ_FILES_MAGIC, .size = FILES_SIZE};
    memcpy(file.magic, elf_magic, sizeof elf_magic);
    memcpy(files.identity, tree.identity, sizeof files.identity);
    sections[2].offset = FILES;
    sections[2].size = FILES_SIZE;
    for (size_t i = 0; i < DRIVE_SIZE; i++)
        bytes[i] = (uint8_t)(i * 31 + i / 4096);
    if (kernel)
        memcpy(bytes + BOOT_PLAN_SECTOR * BOOT_SECTOR_SIZE, &plan, sizeof plan);
    memcpy(bytes + kernel, &file, sizeof file);
    memcpy(bytes + kernel + sizeof file, sections, sizeof sections);
    memcpy(bytes + kernel + FILES, &files, sizeof files);
}

/* Bytes where something can be found: of the plan, the ELF file's headers, and the header of the contents. */
static void change_drive(uint64_t kernel)
{
    const size_t places[] = {kernel, kernel + FILES, BOOT_PLAN_SECTOR * BOOT_SECTOR_SIZE, 0};
    for (unsigned changes = input_byte() % 16; changes > 0; changes--) {
        uint8_t place = input_byte();
        size_t at = places[place % 4] + (place / 4 % 4 ? input_byte() % 64u : input_byte());
        drive[at % sizeof drive] = input_byte();
    }
}

/* A failure is none for long: what has failed can be read the next time. */
static void read_some(void)
{
    enum { MOST = 40 * 4096 };
    static char bytes[MOST];
    size_t size = input_number() % MOST, position = input_number() % FILES_SIZE;
    size = size < FILES_SIZE - position ? size : FILES_SIZE - position;
    transfers_until_failure = input_byte() % 8;
    bool failing = transfers_until_failure > 0, good = drive_read(position, bytes, size);
    transfers_until_failure = 0;
    CHECK(good || failing);
    CHECK(good || drive_read(position, bytes, size));
    CHECK(memcmp(bytes, drive + cache.first_sector * BLOCK_SECTOR + position, size) == 0);
}

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    make_drive(good_drives[0], 0);
    make_drive(good_drives[1], KERNEL);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    input_set(bytes, size);
    uint8_t shape = input_byte();
    uint64_t kernel = shape & 1 ? KERNEL : 0;
    drive_block_size = shape & 2 ? 4096 : 512;
    drive_sectors = DRIVE_SIZE / BLOCK_SECTOR;
    if (shape & 4)
        drive_sectors = input_number() % drive_sectors / 8 * 8;
    memcpy(drive, good_drives[shape & 1], sizeof drive);
    change_drive(kernel);
    transfers_until_failure = shape & 8 ? input_byte() % 8 : 0;
    bool opened = drive_open(&tree);
    transfers_until_failure = 0;
    for (unsigned reads = opened ? input_byte() % 32 : 0; reads > 0; reads--)
        read_some();
    if (opened)
        cache_fini(&cache);
    CHECK(pages_in_use == 0);
    cache = (struct cache){0};
    kernel_reset();
    return 0;
}
