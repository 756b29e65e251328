/* guest.h: the program's linear memory, seen from the system.
 *
 * Every address from the program passes through here. Structures are copied in or out whole, once: a value that has
 * been checked is never read again from linear memory. Any alignment is accepted, as the common runtimes do. */
#ifndef WASI_GUEST_H
#define WASI_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mewz/abi.h>

/* Bytes [address, address + size) of linear memory 0, or NULL if they are not all inside (WASI_EFAULT). Valid until
 * the program runs again. No bytes are inside at any address up to the memory's end. */
static inline void *guest_bytes(uint32_t address, uint64_t size)
{
    if (mewz_program.memory_count == 0)
        return NULL;
    const struct mewz_memory *memory = mewz_program.memories[0];
    uint64_t end = memory->pages * MEWZ_PAGE_SIZE;
    return size <= end && address <= end - size ? memory->base + address : NULL;
}

static inline bool guest_read(void *value, uint32_t address, size_t size)
{
    const void *bytes = guest_bytes(address, size);
    if (!bytes)
        return false;
    __builtin_memcpy(value, bytes, size);
    return true;
}

static inline bool guest_write(uint32_t address, const void *value, size_t size)
{
    void *bytes = guest_bytes(address, size);
    if (!bytes)
        return false;
    __builtin_memcpy(bytes, value, size);
    return true;
}

static inline bool guest_write_u32(uint32_t address, uint32_t value)
{
    return guest_write(address, &value, sizeof value);
}

static inline bool guest_write_u64(uint32_t address, uint64_t value)
{
    return guest_write(address, &value, sizeof value);
}

#endif
