/* linear.h: the program's linear memories, mapped on first touch.
 *
 * Growing only promises pages (page_reserve), so that it fails cleanly when memory ends, and a program that touches
 * what it was given never dies of it. The promise is met with pages of 2 MiB where the memory is large. */
#ifndef MM_LINEAR_H
#define MM_LINEAR_H

#include <stdbool.h>
#include <stdint.h>

#include <mewz/abi.h>

/* Says where the memories behind the first one are. */
void linear_init(void);

/* What host_memory_commit asks for (wasi/host.h). */
bool linear_commit(struct mewz_memory *memory, uint64_t pages);

/* Maps the zeroed page at `address`, which lies inside the memory's current size. */
void linear_fault(struct mewz_memory *memory, uint64_t address);

#endif
