/* A disk's blocks in memory, on a disk that cannot read some of them. */
#include "fs/cache.h"

#include "pages.h"

enum { BLOCKS = 64, SECTORS_PER_BLOCK = CACHE_BLOCK / BLOCK_SECTOR };

static char disk_bytes[BLOCKS][CACHE_BLOCK];
static uint64_t bad_block; /* cannot be read */
static bool failed;        /* something, since block_finish */

void block_stop(struct block_device *disk)
{
    (void)disk;
}

void block_read(struct block_device *disk, uint64_t sector, const struct block_slice *slices, unsigned count)
{
    CHECK(count <= disk->slices_max);
    uint64_t number = sector / SECTORS_PER_BLOCK;
    for (unsigned i = 0; i < count && !failed; i++, number++) {
        failed = number == bad_block;
        if (!failed)
            memcpy((void *)slices[i].address, disk_bytes[number], CACHE_BLOCK);
    }
}

void block_write(struct block_device *disk, uint64_t sector, const struct block_slice *slices, unsigned count)
{
    CHECK(count <= disk->slices_max);
    for (unsigned i = 0; i < count; i++)
        memcpy(disk_bytes[sector / SECTORS_PER_BLOCK + i], (void *)slices[i].address, CACHE_BLOCK);
}

bool block_finish(struct block_device *disk)
{
    (void)disk;
    bool good = !failed;
    failed = false;
    return good;
}

static char content_of(uint64_t number)
{
    return (char)(number + 1);
}

static void change(struct cache *cache, uint64_t number, char byte)
{
    struct cached_page *block = cache_get_blank(cache, number);
    CHECK(block);
    memset(block->bytes, byte, CACHE_BLOCK);
    cache_change(cache, block, CACHE_DATA);
}

static bool reads(struct cache *cache, uint64_t number)
{
    struct cached_page *block = cache_get(cache, number);
    CHECK(!block || (block->bytes[0] == content_of(number) && block->bytes[CACHE_BLOCK - 1] == content_of(number)));
    return block;
}

/* Reading in advance where that needs room, and room needs changed blocks to be written: who fails is who failed. */
static void test_bad_block_under_pressure(void)
{
    struct cache cache = {.disk = {.sectors = BLOCKS * SECTORS_PER_BLOCK, .slices_max = 2}};
    CHECK(cache_init(&cache, 8));
    for (uint64_t number = 0; number < BLOCKS; number++)
        memset(disk_bytes[number], content_of(number), CACHE_BLOCK);
    for (uint64_t number = 50; number < 54; number++)
        change(&cache, number, 'x');
    bad_block = 1;
    cache_read_ahead(&cache, 0, 8);
    CHECK(!cache.failed && cache_count(&cache, CACHE_DATA) == 0 && disk_bytes[53][0] == 'x');
    CHECK(!reads(&cache, 1));
    for (uint64_t number = 2; number < 8; number++)
        CHECK(reads(&cache, number));
    cache_fini(&cache);
    CHECK(pages_in_use == 0);
}

int main(void)
{
    test_bad_block_under_pressure();
    return 0;
}
