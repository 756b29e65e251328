/* map.h: the address space.
 *
 *   0                        nothing, up to 2 MiB
 *   mewz_memory, 2 MiB       linear memory 0, reserved whole, mapped on first touch
 *   MAP_MEMORIES             further linear memories, likewise
 *   MAP_DIRECT               free RAM at MAP_DIRECT + physical address: read, write
 *   MAP_DEVICES              device registers and firmware tables
 *   MAP_STACKS               stacks, each with nothing below it
 *   -1 GiB + 1 MiB           the kernel's image, program included: text R X, constants R, data RW
 *
 * No page is ever writable and executable, and no RAM page of the kernel's image has a second mapping. */
#ifndef MM_MAP_H
#define MM_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAP_MEMORIES 0x0000100000000000ull
#define MAP_DIRECT   0xffff800000000000ull
#define MAP_DEVICES  0xffffc00000000000ull
#define MAP_STACKS   0xffffd00000000000ull

enum map_flags {
    MAP_READ = 0,
    MAP_WRITE = 1 << 0,
    MAP_EXECUTE = 1 << 1,
    MAP_UNCACHED = 1 << 2,
    MAP_PROMISED = 1 << 3, /* page tables come from page_reserve */
};

/* Builds the real page tables and switches to them. */
void map_init(void);

/* Maps [phys, phys + size) at `virt`, all multiples of 4 KiB, with the largest pages that fit. False when there is no
 * memory for page tables. Panics where something is mapped already. */
bool map_range(uint64_t virt, uint64_t phys, uint64_t size, unsigned flags);

/* Maps device registers, uncached, read and write, for ever; any alignment. Panics when out of memory. */
volatile void *map_device(uint64_t phys, size_t size);

/* Maps what firmware left in memory, read-only, for ever; any alignment. NULL when out of memory. */
const void *map_firmware(uint64_t phys, size_t size);

/* Whether single pages round this address can be mapped without a new page table. */
bool map_has_table(uint64_t virt);

/* The physical address behind a mapped virtual one; UINT64_MAX where nothing is mapped. */
uint64_t map_lookup(uint64_t virt);

#endif
