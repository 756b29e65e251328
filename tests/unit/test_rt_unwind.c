/* The unwinder walks this very program, by the frame table that the compiler made for it, and must see what the
 * compiler's own unwinder sees. Then the same table, damaged in many ways: any answer is good that reads nothing
 * outside of it. */
#include <link.h>
#include <string.h>
#include <unwind.h>

#include "check.h"
#include "rt/cfi.h"

/* The tables are found at run time here, not by the symbols of a linker script. */
static struct cfi_table frames;
#define cfi_find_row(table, address, row) (cfi_find_row)(((void)(table), &frames), address, row)
#include "rt/unwind.c"
#undef cfi_find_row

#include "rt/cfi.c"
#include "rt/reader.c"

enum mewz_trap trap_kind_at(uint64_t rip)
{
    (void)rip;
    return 0;
}

/* .eh_frame, by the header that points to it (LSB, 10.6.2). */
static int find_table(struct dl_phdr_info *info, size_t size, void *argument)
{
    (void)size;
    (void)argument;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_GNU_EH_FRAME)
            continue;
        frames.header = (const uint8_t *)info->dlpi_addr + segment->p_vaddr;
        int32_t distance; /* encoded as pcrel sdata4, as all linkers do */
        memcpy(&distance, frames.header + 4, sizeof distance);
        frames.start = frames.header + 4 + distance;
    }
    for (frames.end = frames.start;;) {
        uint32_t entry_size;
        memcpy(&entry_size, frames.end, sizeof entry_size);
        frames.end += sizeof entry_size + entry_size;
        if (!entry_size)
            return 1; /* the program itself is the first object */
    }
}

/* --- walks compared --- */

#define FRAMES_MAX 64

struct walk {
    uint64_t addresses[FRAMES_MAX];
    unsigned count;
};

static _Unwind_Reason_Code note_frame(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    if (walk->count < FRAMES_MAX)
        walk->addresses[walk->count++] = _Unwind_GetIP(context);
    return _URC_NO_REASON;
}

static uint64_t stack_end;
static unsigned walks;

/* Both walks from here: the callers that they find must be the same, up to main. */
static __attribute__((noinline)) void compare_walks(void)
{
    struct trap_registers registers;
    __asm__ volatile("lea 0(%%rip), %0" : "=r"(registers.rip));
    __asm__ volatile("mov %%rsp, %0\n mov %%rbp, %1\n mov %%rbx, %2\n mov %%r12, %3\n mov %%r13, %4\n mov %%r14, %5\n"
                     "mov %%r15, %6"
                     : "=m"(registers.rsp), "=m"(registers.rbp), "=m"(registers.rbx), "=m"(registers.r12),
                       "=m"(registers.r13), "=m"(registers.r14), "=m"(registers.r15));
    registers.r11 = 0;
    struct walk expected = {0};
    _Unwind_Backtrace(note_frame, &expected);

    struct unwind_cursor cursor;
    unwind_begin(&cursor, &registers, stack_end);
    CHECK(unwind_address(&cursor) == registers.rip);
    unsigned depth = 1; /* frame 0 is this function, each walk at its own instruction of it */
    for (; unwind_step(&cursor); depth++) {
        CHECK(depth < expected.count);
        CHECK(cursor.registers[UNWIND_RIP] == expected.addresses[depth]);
        CHECK(unwind_address(&cursor) == expected.addresses[depth] - 1);
    }
    CHECK(depth > 2);
    walks++;
}

/* Functions with frames of several shapes: saved registers in use, large frames, frames of unknown size. */
static __attribute__((noinline)) int many_registers(int depth, int a, int b, int c, int d, int e);

static __attribute__((noinline)) int large_frame(int depth)
{
    volatile char bytes[20000];
    bytes[0] = (char)depth;
    int result = many_registers(depth - 1, depth, 2, 3, 4, 5);
    return result + bytes[0];
}

static __attribute__((noinline)) int variable_frame(int depth)
{
    volatile char *bytes = __builtin_alloca((size_t)depth * 100 + 1);
    bytes[depth] = 1;
    int result = large_frame(depth);
    return result + bytes[depth];
}

static __attribute__((noinline)) int many_registers(int depth, int a, int b, int c, int d, int e)
{
    if (depth <= 0) {
        compare_walks();
        return a + b + c + d + e;
    }
    int first = depth % 2 ? large_frame(depth - 1) : variable_frame(depth - 1);
    int second = many_registers(depth / 2, b, c, d, e, a + first);
    return first * a + second * b + c * d - e;
}

/* --- the frame pointer, where there are no rules --- */

static void test_frame_pointers(void)
{
    const uint8_t *end = frames.end;
    frames.end = frames.start; /* no rules for anything */
    memset(&shared_cache, 0, sizeof shared_cache);
    static const uint8_t code[16] = {0x90};
    uint64_t stack[16] = {0};
    stack[4] = (uint64_t)&stack[8]; /* two frames, and a third that would lead back */
    stack[5] = (uint64_t)&code[1];
    stack[8] = (uint64_t)&stack[4];
    stack[9] = (uint64_t)&code[2];
    struct trap_registers registers = {.rip = (uint64_t)code, .rsp = (uint64_t)&stack[1], .rbp = (uint64_t)&stack[4]};
    struct unwind_cursor cursor;
    unwind_begin(&cursor, &registers, (uint64_t)&stack[16]);
    CHECK(unwind_step(&cursor));
    CHECK(cursor.registers[UNWIND_RIP] == stack[5] && cursor.registers[UNWIND_RSP] == (uint64_t)&stack[6]);
    CHECK(unwind_step(&cursor));
    CHECK(cursor.registers[UNWIND_RIP] == stack[9] && cursor.registers[UNWIND_RBP] == (uint64_t)&stack[4]);
    CHECK(!unwind_step(&cursor));

    static const uint8_t entry[] = {0x55}; /* at `push %rbp`: the return address is on top */
    registers.rip = (uint64_t)entry;
    registers.rsp = (uint64_t)&stack[9];
    unwind_begin(&cursor, &registers, (uint64_t)&stack[16]);
    CHECK(unwind_step(&cursor) && cursor.registers[UNWIND_RIP] == stack[9]);

    registers.rsp = (uint64_t)&stack[16]; /* nothing beyond the end is read */
    unwind_begin(&cursor, &registers, (uint64_t)&stack[16]);
    CHECK(!unwind_step(&cursor));
    frames.end = end;
    memset(&shared_cache, 0, sizeof shared_cache);
}

/* --- damaged tables --- */

static uint32_t next_random(void)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(state >> 33);
}

/* What a copy of the frame table lies behind: a header that leads to one entry, for all addresses. */
#define HEADER_SIZE (sizeof(struct header) + sizeof(struct place))

static bool find_in_copy(uint8_t *copy, size_t size, size_t entry, uint64_t address)
{
    struct header *header = (struct header *)(copy - HEADER_SIZE);
    struct cfi_row row;
    struct cfi_table table = {copy, copy + size, (const uint8_t *)header};
    *header = (struct header){.version = 1, .count_encoding = 0x03, .table_encoding = 0x3b, .count = 1};
    header->table[0] = (struct place){INT32_MIN, (int32_t)(HEADER_SIZE + entry)};
    return (cfi_find_row)(&table, address, &row);
}

/* A table of this program's size would take too long: the entries of a few functions are enough. */
static void test_damage(void)
{
    size_t size = (size_t)(frames.end - frames.start);
    if (size > 4000)
        size = 4000;
    uint8_t *block = malloc(HEADER_SIZE + size), *copy = block + HEADER_SIZE;
    unsigned found = 0;
    for (unsigned round = 0; round < 20000; round++) {
        size_t cut = round % 7 ? size : next_random() % size;
        memcpy(copy, frames.start, size);
        for (unsigned damage = 0; damage < 1 + round % 5; damage++)
            copy[next_random() % size] = (uint8_t)next_random();
        /* The functions that the table describes moved with the copy, which most entries are relative to. */
        struct reader table = {frames.start, frames.start + size};
        struct entry entry;
        while (next_entry(&table, &entry) && next_random() % 8)
            ;
        if (entry.id == 0)
            continue;
        struct reader body = entry.body;
        uint64_t start = cfi_read_encoded(&body, 0x1b) + (uint64_t)copy - (uint64_t)frames.start;
        size_t place = (size_t)(entry.id_place - frames.start) - 4;
        found += find_in_copy(copy, cut, place, start + next_random() % 64);
    }
    CHECK(found > 100);
    for (unsigned round = 0; round < 2000; round++) {
        for (size_t i = 0; i < size; i++)
            copy[i] = (uint8_t)next_random();
        copy[1] = copy[2] = copy[3] = 0;
        find_in_copy(copy, size, 0, next_random());
    }
    free(block);
}

int main(void)
{
    stack_end = (uint64_t)__builtin_frame_address(0);
    dl_iterate_phdr(find_table, NULL);
    CHECK(frames.start < frames.end);
    many_registers(6, 1, 2, 3, 4, 5);
    CHECK(walks > 5);
    test_frame_pointers();
    test_damage();
    return 0;
}
