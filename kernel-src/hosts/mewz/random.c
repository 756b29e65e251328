/* random.c: random bytes, from the kernel's generator (dev/entropy.h). */
#include "dev/entropy.h"
#include "wasi/host.h"

void host_random(void *bytes, size_t size)
{
    entropy_read(bytes, size);
}
