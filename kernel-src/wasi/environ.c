/* environ.c: the program's environment. */
#include "wasi/host.h"
#include "wasi/preview1.h"
#include "wasi/strings.h"

static struct strings environ(void)
{
    struct strings strings;
    host_environ(&strings.bytes, &strings.count, &strings.size);
    return strings;
}

uint32_t wasi_environ_get(uint32_t pointers, uint32_t buffer)
{
    struct strings strings = environ();
    return strings_get(&strings, pointers, buffer);
}

uint32_t wasi_environ_sizes_get(uint32_t count, uint32_t size)
{
    struct strings strings = environ();
    return strings_sizes_get(&strings, count, size);
}
