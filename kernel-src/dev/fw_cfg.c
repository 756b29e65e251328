/* fw_cfg.c: see fw_cfg.h. Everything but the selectors is big-endian. */
#include "dev/fw_cfg.h"

#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "mm/page.h"

enum { SELECTOR = 0x510, DATA = 0x511, DMA_HIGH = 0x514, DMA_LOW = 0x518 };
enum { KEY_SIGNATURE = 0x00, KEY_FEATURES = 0x01, KEY_DIRECTORY = 0x19 };
enum { FEATURE_DMA = 2 };
enum { DMA_ERROR = 1, DMA_READ = 2 };

enum { NAME_SIZE = 56 };

/* 0 until the device has been found; always has a bit set then. */
static uint32_t features;

struct dma_access {
    uint32_t control;
    uint32_t size;
    uint64_t address;
};
_Static_assert(sizeof(struct dma_access) == 16, "fw_cfg: FWCfgDmaAccess");

struct directory_entry {
    uint32_t size;
    uint16_t key;
    uint16_t reserved;
    char name[NAME_SIZE]; /* with its zero */
};
_Static_assert(sizeof(struct directory_entry) == 64, "fw_cfg: FWCfgFile");

static void read_bytes(void *memory, size_t size)
{
    char *to = memory;
    for (size_t i = 0; i < size; i++)
        to[i] = (char)in8(DATA);
}

/* The features of the device, or 0 if there is none. */
static uint32_t probe(void)
{
    static const char signature[] = {'Q', 'E', 'M', 'U'};
    char found[sizeof signature];
    out16(SELECTOR, KEY_SIGNATURE);
    read_bytes(found, sizeof found);
    for (size_t i = 0; i < sizeof signature; i++)
        if (found[i] != signature[i])
            return 0;
    uint32_t value;
    out16(SELECTOR, KEY_FEATURES);
    read_bytes(&value, sizeof value);
    return value;
}

/* Has the device carry out one access to memory, in one exit of the guest. */
static bool run_dma(uint32_t control, void *memory, uint32_t size)
{
    static volatile struct dma_access access __attribute__((aligned(16))); /* in one page */
    access.control = __builtin_bswap32(control);
    access.size = __builtin_bswap32(size);
    access.address = __builtin_bswap64(page_phys(memory));
    uint64_t address = page_phys((const void *)&access);
    out32(DMA_HIGH, __builtin_bswap32((uint32_t)(address >> 32)));
    out32(DMA_LOW, __builtin_bswap32((uint32_t)address));
    uint32_t left;
    while ((left = __builtin_bswap32(access.control)) & ~(uint32_t)DMA_ERROR)
        cpu_pause();
    return left == 0;
}

/* Reads the next `size` bytes of the selected item. */
static bool read_item(void *memory, uint32_t size)
{
    if (features & FEATURE_DMA)
        return run_dma(DMA_READ, memory, size);
    read_bytes(memory, size);
    return true;
}

static bool names_equal(const char *name, const char *found)
{
    for (size_t i = 0; i < NAME_SIZE && name[i] == found[i]; i++)
        if (name[i] == 0)
            return true;
    return false;
}

/* Searches the directory, a page of entries at a time. */
static bool find_entry(const char *name, struct directory_entry *entries, struct fw_cfg_file *file)
{
    const uint32_t chunk = PAGE_SIZE / sizeof *entries;
    uint32_t rest;
    out16(SELECTOR, KEY_DIRECTORY);
    read_bytes(&rest, sizeof rest);
    for (rest = __builtin_bswap32(rest); rest > 0;) {
        uint32_t count = rest < chunk ? rest : chunk;
        if (!read_item(entries, (uint32_t)(count * sizeof *entries)))
            return false;
        for (uint32_t i = 0; i < count; i++)
            if (names_equal(name, entries[i].name)) {
                *file = (struct fw_cfg_file){__builtin_bswap16(entries[i].key), __builtin_bswap32(entries[i].size)};
                return true;
            }
        rest -= count;
    }
    return false;
}

bool fw_cfg_find(const char *name, struct fw_cfg_file *file)
{
    features = probe();
    if (!features)
        return false;
    void *entries = page_alloc();
    if (!entries)
        return false;
    bool found = find_entry(name, entries, file);
    page_free(entries);
    return found;
}

bool fw_cfg_read(const struct fw_cfg_file *file, void *memory)
{
    out16(SELECTOR, file->key);
    return read_item(memory, file->size);
}
