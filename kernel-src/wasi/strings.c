/* strings.c: see strings.h. */
#include "wasi/strings.h"

#include "wasi/guest.h"
#include "wasi/types.h"

uint32_t strings_get(const struct strings *strings, uint32_t pointers, uint32_t buffer)
{
    char *text = guest_bytes(buffer, strings->size);
    uint8_t *array = guest_bytes(pointers, strings->count * 4ull);
    if (!text || !array)
        return WASI_EFAULT;
    __builtin_memcpy(text, strings->bytes, strings->size);
    uint32_t offset = 0;
    for (uint32_t i = 0; i < strings->count; i++) {
        uint32_t address = buffer + offset;
        __builtin_memcpy(array + i * 4ull, &address, sizeof address);
        while (strings->bytes[offset++])
            ;
    }
    return WASI_SUCCESS;
}

uint32_t strings_sizes_get(const struct strings *strings, uint32_t count, uint32_t size)
{
    if (!guest_write_u32(count, strings->count) || !guest_write_u32(size, strings->size))
        return WASI_EFAULT;
    return WASI_SUCCESS;
}
