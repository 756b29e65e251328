/* unstable_path.c: path_filestat_get of wasi_unstable (unstable.h). */
#include "wasi/path.h"
#include "wasi/unstable.h"

uint32_t wasi_unstable_path_filestat_get(uint32_t number, uint32_t lookup, uint32_t address, uint32_t size,
                                         uint32_t result)
{
    struct wasi_filestat stat;
    uint32_t error = path_filestat(number, lookup, address, size, &stat);
    return error ? error : unstable_write_stat(result, &stat);
}
