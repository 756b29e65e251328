/* native.c: a machine whose program is C with a main of its own, and no WebAssembly (docs/linking.md).
 *
 * It is its own object of the contract (docs/abi.md): it says what memory it has, and where it begins. Calls of WASI take
 * addresses in that memory. */
#include <stddef.h>
#include <stdint.h>

#include <mewz/abi.h>

uint32_t fd_write(uint32_t fd, uint32_t iovecs, uint32_t count, uint32_t written)
    __asm__("wasi_snapshot_preview1.fd_write");
_Noreturn void proc_exit(uint32_t code) __asm__("wasi_snapshot_preview1.proc_exit");

extern uint8_t mewz_memory[]; /* the linker script's */

static struct mewz_memory memory = {.base = mewz_memory, .pages = 1, .min_pages = 1, .max_pages = 1};

/* A structure as WASI has it: an address and a length. */
struct iovec {
    uint32_t address, size;
};

enum { IOVEC = 0, WRITTEN = 8, TEXT = 16 };

static void print(const char *text)
{
    struct iovec *iovec = (struct iovec *)(mewz_memory + IOVEC);
    uint32_t size = 0;
    for (; text[size]; size++)
        mewz_memory[TEXT + size] = (uint8_t)text[size];
    *iovec = (struct iovec){TEXT, size};
    fd_write(1, IOVEC, 1, WRITTEN);
}

static int main(void)
{
    print("no WebAssembly here\n");
    return 7;
}

static void instantiate(void)
{
}

static void start(void)
{
    proc_exit((uint32_t)main());
}

static struct mewz_memory *memories[] = {&memory};

struct mewz_program mewz_program = {
    .abi_version = MEWZ_ABI_VERSION,
    .memory_count = 1,
    .memories = memories,
    .name = "native",
    .instantiate = instantiate,
    .start = start,
};
