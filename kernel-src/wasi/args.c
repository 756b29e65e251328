/* args.c: the program's arguments. */
#include "wasi/host.h"
#include "wasi/preview1.h"
#include "wasi/strings.h"

static struct strings args(void)
{
    struct strings strings;
    host_args(&strings.bytes, &strings.count, &strings.size);
    return strings;
}

uint32_t wasi_args_get(uint32_t pointers, uint32_t buffer)
{
    struct strings strings = args();
    return strings_get(&strings, pointers, buffer);
}

uint32_t wasi_args_sizes_get(uint32_t count, uint32_t size)
{
    struct strings strings = args();
    return strings_sizes_get(&strings, count, size);
}
