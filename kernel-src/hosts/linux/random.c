/* random.c: the kernel's generator. */
#include "hosts/linux/syscall.h"
#include "wasi/host.h"

void host_random(void *bytes, size_t size)
{
    char *at = bytes;
    while (size) {
        long got = syscall3(__NR_getrandom, (long)at, (long)size, 0); /* may be interrupted, and gives 32 MiB at most */
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
}
