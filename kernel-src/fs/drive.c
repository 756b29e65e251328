/* drive.c: see drive.h. */
#include "fs/drive.h"

#include <mewz/boot_plan.h>

#include "fs/cache.h"
#include "mm/page.h"

static struct cache cache;

/* The headers of an ELF file and of its sections, as far as they matter here (System V gABI, chapter 4). */
struct elf_file {
    char magic[4];
    uint8_t ignored[36];
    uint64_t section_offset;
    uint8_t ignored_too[12];
    uint16_t section_count;
    uint16_t name_section;
};
struct elf_section {
    uint32_t name, type;
    uint64_t flags, address, offset, size;
    uint32_t link, info;
    uint64_t alignment, entry_size;
};
_Static_assert(sizeof(struct elf_file) == 64 && sizeof(struct elf_section) == 64, "wire formats");

static const char elf_magic[4] = "\x7f"
                                 "ELF";

/* --- looking at a drive --- */

enum { WINDOW_PAGES = 5, WINDOW = WINDOW_PAGES * CACHE_BLOCK };
enum { SECTORS_PER_BLOCK = CACHE_BLOCK / BLOCK_SECTOR };

/* A look at some bytes of a drive, which may say whatever they like. */
struct window {
    struct block_device *disk;
    char *pages;
};

/* Whether a drive has as many bytes as that. */
static bool has_room(const struct block_device *disk, uint64_t position, uint64_t size)
{
    uint64_t end;
    return !__builtin_add_overflow(position, size, &end) &&
           end / BLOCK_SECTOR + (end % BLOCK_SECTOR != 0) <= disk->sectors;
}

/* The bytes at a position: good until the next look. NULL if they cannot be read, or are more than fit. What is read
 * are blocks of the cache, which no drive has larger ones than. */
static const void *look(const struct window *window, uint64_t position, uint64_t size)
{
    uint64_t skipped = position % CACHE_BLOCK, sector = (position - skipped) / BLOCK_SECTOR;
    if (size > WINDOW - CACHE_BLOCK || !has_room(window->disk, position, size))
        return NULL;
    for (uint64_t done = 0; done < skipped + size; done += CACHE_BLOCK, sector += SECTORS_PER_BLOCK) {
        uint64_t left = window->disk->sectors - sector;
        uint32_t sectors = left < SECTORS_PER_BLOCK ? (uint32_t)left : SECTORS_PER_BLOCK;
        struct block_slice slice = {page_phys(window->pages + done), sectors * BLOCK_SECTOR};
        block_read(window->disk, sector, &slice, 1);
    }
    return block_finish(window->disk) ? window->pages + skipped : NULL;
}

/* Where on the drive the kernel's ELF file begins. */
static bool find_kernel(const struct window *window, uint64_t *position)
{
    const char *start = look(window, 0, sizeof elf_magic);
    *position = 0;
    if (start && __builtin_memcmp(start, elf_magic, sizeof elf_magic) == 0)
        return true;
    const struct boot_plan *plan = look(window, BOOT_PLAN_SECTOR * BOOT_SECTOR_SIZE, sizeof *plan);
    if (!plan || plan->magic != BOOT_PLAN_MAGIC)
        return false;
    *position = plan->kernel_offset;
    return true;
}

/* Where on the drive the section with contents begins. */
static bool find_files(const struct window *window, uint64_t *position)
{
    struct elf_file file;
    uint64_t kernel;
    const void *bytes = find_kernel(window, &kernel) ? look(window, kernel, sizeof file) : NULL;
    if (!bytes)
        return false;
    __builtin_memcpy(&file, bytes, sizeof file);
    const char *sections = look(window, kernel + file.section_offset, file.section_count * sizeof(struct elf_section));
    for (unsigned i = 0; sections && i < file.section_count; i++) {
        struct elf_section section;
        __builtin_memcpy(&section, sections + i * sizeof section, sizeof section);
        *position = kernel + section.offset;
        if (section.type == MEWZ_FILES_TYPE)
            return true;
    }
    return false;
}

static bool has_files_of(const struct window *window, const struct mewz_tree *tree)
{
    uint64_t position = 0;
    const struct mewz_files *files = find_files(window, &position) ? look(window, position, sizeof *files) : NULL;
    cache.first_sector = position / BLOCK_SECTOR;
    return files && position % window->disk->block_size == 0 && files->magic == MEWZ_FILES_MAGIC &&
           files->size == tree->files_size && has_room(window->disk, position, files->size) &&
           __builtin_memcmp(files->identity, tree->identity, sizeof tree->identity) == 0;
}

static bool accepts(struct block_device *disk, const void *tree)
{
    struct window window = {disk, pages_alloc(WINDOW_PAGES)};
    if (!window.pages)
        return false;
    bool has = has_files_of(&window, tree);
    pages_free(window.pages, WINDOW_PAGES);
    return has;
}

/* --- reading --- */

bool drive_open(const struct mewz_tree *tree)
{
    size_t least = 64, limit = page_free_count() / 4;
    if (!block_find(&cache.disk, accepts, tree) || !cache_init(&cache, limit > least ? limit : least))
        return false;
    cache.block_count = (tree->files_size + CACHE_BLOCK - 1) / CACHE_BLOCK;
    return true;
}

/* A block, and with it the `more` ones behind it that are wanted too. Whoever reads on from a block that is here is
 * given some more in advance. */
static struct cached_page *get_block(uint64_t number, size_t more)
{
    enum { IN_ADVANCE = 32 };
    struct cached_page *block = cache_find(&cache, number);
    if (block)
        return block;
    bool reads_on = number > 0 && cache_find(&cache, number - 1);
    cache_read_ahead(&cache, number, 1 + (reads_on && more < IN_ADVANCE ? IN_ADVANCE : more));
    return cache_get(&cache, number);
}

bool drive_read(uint64_t position, void *bytes, size_t size)
{
    for (char *to = bytes; size > 0;) {
        size_t skipped = position % CACHE_BLOCK;
        size_t part = size < CACHE_BLOCK - skipped ? size : CACHE_BLOCK - skipped;
        const struct cached_page *block = get_block(position / CACHE_BLOCK, (skipped + size - 1) / CACHE_BLOCK);
        if (!block)
            return false;
        __builtin_memcpy(to, block->bytes + skipped, part);
        to += part;
        position += part;
        size -= part;
    }
    return true;
}
