/* memory.h: the network's memory, a heap of its own (mm/heap.h).
 *
 * Its limit is a share of the memory that was free when the network started: beyond it there is no memory, and the
 * network refuses what the program could not serve either. A server that has calmed down holds no more than before. */
#ifndef NET_MEMORY_H
#define NET_MEMORY_H

#include <stddef.h>

/* Sets the limit. Before that there is no memory. */
void net_memory_init(void);

/* NULL when there is none. Aligned to 16. */
void *net_alloc(size_t size);
void *net_alloc_zeroed(size_t count, size_t size);
void net_free(void *memory); /* NULL is fine */

/* Objects that have not been freed; pages in use, and how many may be. */
size_t net_memory_objects(void);
size_t net_memory_pages(void);
size_t net_memory_limit(void);

#endif
