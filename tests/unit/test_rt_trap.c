/* Trap messages: kinds read from code, native addresses mapped back to wasm functions, long stacks shortened, and
 * functions without a name. */
#include <setjmp.h>
#include <string.h>

#include "check.h"
#include "rt/code_map.c"
#include "rt/format.c"
#include "rt/message.c"
#include "rt/reader.c"
#include "rt/trap.c"

/* --- a program of three functions, whose code is never run --- */

static uint8_t code[300] __attribute__((aligned(16)));

/* Pairs of native and wasm deltas. The second function has instructions of the third one inlined. */
static const uint8_t row_bytes[] = {
    0, 2, 10, 3,    20, 0x7f,             /* first: 0 -> +2, 10 -> +5, 30 -> +4 */
    4, 8, 16, 0xf8, 0,  60,   0x80, 0x7f, /* second: 4 -> 8, 20 -> 128, 80 -> 0 */
};

static const char names[] = "\0main\0inner::call";

static const struct mewz_code_func funcs[] = {
    {.code = 0, .code_size = 100, .wasm_offset = 0x100, .wasm_size = 0x40, .index = 5, .name = 1, .row_count = 3},
    {.code = 100,
     .code_size = 90,
     .wasm_offset = 0x140,
     .wasm_size = 0x20,
     .index = 6,
     .name = 6,
     .rows = 6,
     .row_count = 3},
    {.code = 200, .code_size = 50, .wasm_offset = 0x1c0, .wasm_size = 0x20, .index = 7},
};

static const struct mewz_code_map map = {
    .func_count = 3, .code = code, .funcs = funcs, .names = names, .row_bytes = row_bytes};

static uint8_t guest[MEWZ_PAGE_SIZE];
static struct mewz_memory memories[] = {{.base = guest, .pages = 1, .min_pages = 1, .max_pages = 2}};

static struct mewz_memory *const memory_list[] = {memories};

struct mewz_program mewz_program = {.memory_count = 1, .memories = memory_list, .name = "app.wasm", .code_map = &map};

/* --- the system below: stderr, the end, and a stack of our choice --- */

static char output[8192];
static size_t output_size;
static jmp_buf ended;

int host_stream_write(int stream, const struct host_slice *slices, size_t count, size_t *written)
{
    CHECK(stream == 2 && count == 1);
    CHECK(output_size + slices->size < sizeof output);
    memcpy(output + output_size, slices->data, slices->size);
    *written = slices->size;
    output_size += slices->size;
    output[output_size] = 0;
    return 0;
}

_Noreturn void host_exit(int status)
{
    CHECK(status == TRAP_EXIT_CODE);
    longjmp(ended, 1);
}

uint64_t program_stack_end;
static const uint64_t *frames; /* addresses, the innermost first; 0 ends */

void unwind_begin(struct unwind_cursor *cursor, const struct trap_registers *registers, uint64_t stack_end)
{
    (void)registers;
    cursor->stack_end = stack_end;
}

bool unwind_step(struct unwind_cursor *cursor)
{
    (void)cursor;
    return *++frames != 0;
}

uint64_t unwind_address(const struct unwind_cursor *cursor)
{
    (void)cursor;
    return *frames;
}

static const char *report(enum mewz_trap kind, const uint64_t *stack, uint64_t fault)
{
    static const struct trap_registers registers;
    output_size = 0;
    frames = stack;
    if (setjmp(ended) == 0)
        trap_report(kind, &registers, fault);
    return output;
}

#define CODE(offset) ((uint64_t)code + (offset))

static void test_messages(void)
{
    const uint64_t stack[] = {CODE(0), CODE(9), CODE(10), CODE(99), CODE(103), CODE(104), CODE(120), CODE(205), 0};
    CHECK(strcmp(report(MEWZ_TRAP_MEMORY, stack, (uint64_t)guest + 0x20004),
                 "app.wasm: trap: out of bounds memory access at address 0x20004 (memory has 0x10000 bytes)\n"
                 "    at 0x102 in main\n"
                 "    at 0x102 in main\n"
                 "    at 0x105 in main\n"
                 "    at 0x104 in main\n"
                 "    at 0x140 in inner::call\n"
                 "    at 0x148 in inner::call\n"
                 "    at 0x1c0 in func[7], inlined in inner::call\n"
                 "    at 0x1c0 in func[7]\n") == 0);

    const uint64_t foreign[] = {CODE(290), CODE(0), (uint64_t)guest, 0}; /* only the program's own functions count */
    CHECK(strcmp(report(MEWZ_TRAP_UNREACHABLE, foreign, 0), "app.wasm: trap: unreachable\n    at 0x102 in main\n") ==
          0);
    CHECK(strcmp(report(MEWZ_TRAP_MEMORY, foreign, 0),
                 "app.wasm: trap: out of bounds memory access\n    at 0x102 in main\n") == 0);
}

/* Of a name that is too long for a line the end is missing, not the line's. */
static void test_long_names(void)
{
    static char long_names[2000];
    memset(long_names + 1, 'n', sizeof long_names - 2);
    struct mewz_code_map with_long_names = map;
    with_long_names.names = long_names;
    mewz_program.code_map = &with_long_names;
    uint64_t stack[] = {CODE(0), 0};
    report(MEWZ_TRAP_UNREACHABLE, stack, 0);
    mewz_program.code_map = &map;
    CHECK(output_size > 400 && output_size < 600);
    CHECK(strcmp(output + output_size - 3, "nn\n") == 0);
}

static unsigned count_lines(const char *text)
{
    unsigned lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static void test_long_stacks(void)
{
    static uint64_t stack[1000];
    for (unsigned depth = 1; depth <= 999; depth += depth < 40 ? 1 : 137) {
        for (unsigned i = 0; i < depth; i++)
            stack[i] = CODE(i + 1 == depth ? 205 : 0);
        stack[depth] = 0;
        report(MEWZ_TRAP_STACK, stack, 0);
        CHECK(count_lines(output) == (depth <= 25 ? 1 + depth : 27));
        CHECK(strcmp(output + output_size - 22, "  at 0x1c0 in func[7]\n") == 0);
    }
    CHECK(strstr(output, "    ... 974 frames more\n") != NULL); /* of 999 */
}

static void test_kinds(void)
{
    uint8_t bytes[8] = {0x67, 0x0f, 0xb9, 0x40, MEWZ_TRAP_DIVIDE_BY_ZERO};
    CHECK(trap_kind_at((uint64_t)bytes) == MEWZ_TRAP_DIVIDE_BY_ZERO);
    bytes[4] = 0;
    CHECK(trap_kind_at((uint64_t)bytes) == 0);
    bytes[4] = 200;
    CHECK(trap_kind_at((uint64_t)bytes) == 0);
    uint8_t *last = malloc(1); /* nothing behind the first byte that differs is read */
    *last = 0x0f;
    CHECK(trap_kind_at((uint64_t)last) == 0);
    free(last);
}

static void test_places(void)
{
    CHECK(trap_in_program(CODE(0)) && trap_in_program(CODE(189)) && trap_in_program(CODE(249)));
    CHECK(!trap_in_program(CODE(190)) && !trap_in_program(CODE(250)) && !trap_in_program(CODE(0) - 1));
    CHECK(trap_memory_at((uint64_t)guest) == memories && trap_memory_at((uint64_t)guest - 1) == NULL);
    CHECK(trap_memory_at((uint64_t)guest + MEWZ_MEMORY_RESERVE - 1) == memories);
    CHECK(trap_memory_at((uint64_t)guest + MEWZ_MEMORY_RESERVE) == NULL);
}

int main(void)
{
    test_messages();
    test_long_names();
    test_long_stacks();
    test_kinds();
    test_places();
    return 0;
}
