/* page.h: physical memory in pages of 4 KiB.
 *
 * What an allocation returns is the page's address in the direct map, writable, not executable, its content undefined.
 * A part of the free pages may be reserved: promised to linear memory, which takes them on first touch
 * (page_alloc_reserved). Plain allocations cannot have those. Not for interrupt handlers. */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE       4096ull
#define PAGE_LARGE_SIZE (2ull << 20)

/* Takes over boot_info's memory, below 4 GiB at first; the rest once the direct map reaches it. */
void page_init(void);
void page_init_high(void);

void *page_alloc(void); /* NULL when memory has run out */
void page_free(void *page);

/* Physically contiguous pages, 1 to 512 of them; 512 are aligned to 2 MiB. NULL when there is no such run. */
void *pages_alloc(size_t count);
void pages_free(void *pages, size_t count);

/* Promises `count` pages, or returns false and changes nothing where fewer are free. */
bool page_reserve(size_t count);
void page_unreserve(size_t count);
void *page_alloc_reserved(void);       /* one of the promised pages: never fails */
void *page_alloc_reserved_large(void); /* 512 of them as one block of 2 MiB; NULL when there is none */

/* Asks whoever keeps pages only to be faster to give so many of them back, when linear memory wants them. NULL: nobody
 * keeps any. */
extern void (*page_reclaim)(size_t count);

size_t page_free_count(void); /* pages that plain allocations can still have */

/* Between physical addresses and the direct map. page_phys also takes addresses in the kernel's image (static data)
 * and in mapped linear memory and program stack: anything that is mapped to RAM; the result is good up to the end of
 * that 4 KiB page. */
uint64_t page_phys(const void *address);
void *page_virt(uint64_t phys);

#endif
