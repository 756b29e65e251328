/* trap.c: see trap.h. */
#include "rt/trap.h"

#include "rt/code_map.h"
#include "rt/format.h"
#include "rt/message.h"
#include "rt/run.h"
#include "rt/unwind.h"
#include "wasi/host.h"

/* A backtrace shows so many frames, the ones between are counted. */
#define FRAMES_FIRST 20
#define FRAMES_LAST  5

#define INDEX_SIZE 20 /* "func[4294967295]" */

static const char *const trap_texts[] = {
#define TRAP(code, name, text) [code] = (text),
#include <mewz/trap.def>
#undef TRAP
};

#define TRAP_KINDS (sizeof trap_texts / sizeof trap_texts[0])

/* The map of the module whose code has the address, or NULL. */
static const struct mewz_code_map *code_map_of(uint64_t address)
{
    const struct mewz_code_map *map = mewz_program.code_map;
    while (map && !code_map_find(map, address))
        map = map->next;
    return map;
}

bool trap_in_program(uint64_t address)
{
    return code_map_of(address) != NULL;
}

struct mewz_memory *trap_memory_at(uint64_t address)
{
    for (uint32_t i = 0; i < mewz_program.memory_count; i++) {
        if (address - (uint64_t)mewz_program.memories[i]->base < MEWZ_MEMORY_RESERVE)
            return mewz_program.memories[i];
    }
    return NULL;
}

/* abi.h, enum mewz_trap: `ud1l KIND(%eax), %eax`. Byte by byte, since the next one exists only if this one fits. */
enum mewz_trap trap_kind_at(uint64_t rip)
{
    static const uint8_t ud1l[] = {0x67, 0x0f, 0xb9, 0x40};
    const uint8_t *code = (const uint8_t *)rip;
    for (unsigned i = 0; i < sizeof ud1l; i++) {
        if (code[i] != ud1l[i])
            return 0;
    }
    return code[4] < TRAP_KINDS && trap_texts[code[4]] ? code[4] : 0;
}

/* The function's name: that of the module, or its index written to `text`. */
static const char *name_function(const struct mewz_code_map *map, const struct mewz_code_func *func,
                                 char text[INDEX_SIZE])
{
    const char *given = map->names + func->name;
    if (*given)
        return given;
    format_text(text, INDEX_SIZE, "func[%u]", func->index);
    return text;
}

#define PLACE_SIZE 256 /* " (file:line)" */

/* Writes where in the source code the offset is, if that is known. */
static const char *name_place(const struct mewz_code_map *map, uint32_t offset, char text[PLACE_SIZE])
{
    const struct mewz_code_line *line = code_map_line(map, offset);
    if (!line)
        return "";
    format_text(text, PLACE_SIZE, " (%s:%u)", map->names + line->file, line->line);
    return text;
}

static void print_frame(uint64_t address)
{
    const struct mewz_code_map *map = code_map_of(address);
    const struct mewz_code_func *func = code_map_find(map, address);
    uint32_t offset = code_map_offset(map, func, address);
    const struct mewz_code_func *owner = code_map_owner(map, func, offset);
    char index[INDEX_SIZE], outer_index[INDEX_SIZE], place[PLACE_SIZE];
    const char *name = name_function(map, owner, index);
    bool is_main = map == mewz_program.code_map, is_own = owner == func;
    message_write("    at %s%s0x%x in %s%s%s%s\n", is_main ? "" : map->module, is_main ? "" : ":", offset, name,
                  name_place(map, offset, place), is_own ? "" : ", inlined in ",
                  is_own ? "" : name_function(map, func, outer_index));
}

/* Prints the first frames at once and keeps the last ones in a ring until the end is known. */
static void print_backtrace(const struct trap_registers *registers)
{
    uint64_t last[FRAMES_LAST];
    uint64_t count = 0;
    struct unwind_cursor cursor;
    unwind_begin(&cursor, registers, program_stack_end);
    do {
        uint64_t address = unwind_address(&cursor);
        if (!trap_in_program(address))
            continue;
        if (count < FRAMES_FIRST)
            print_frame(address);
        last[count++ % FRAMES_LAST] = address;
    } while (unwind_step(&cursor));

    uint64_t next = FRAMES_FIRST;
    if (count > FRAMES_FIRST + FRAMES_LAST) {
        next = count - FRAMES_LAST;
        message_write("    ... %lu frames more\n", next - FRAMES_FIRST);
    }
    for (; next < count; next++)
        print_frame(last[next % FRAMES_LAST]);
}

static void print_reason(enum mewz_trap kind, uint64_t fault_address)
{
    const struct mewz_memory *memory = kind == MEWZ_TRAP_MEMORY ? trap_memory_at(fault_address) : NULL;
    if (memory)
        message_write("%s: trap: %s at address 0x%lx (memory has 0x%llx bytes)\n", mewz_program.name, trap_texts[kind],
                      fault_address - (uint64_t)memory->base, memory->pages * MEWZ_PAGE_SIZE);
    else
        message_write("%s: trap: %s\n", mewz_program.name, trap_texts[kind]);
}

_Noreturn void trap_report(enum mewz_trap kind, const struct trap_registers *registers, uint64_t fault_address)
{
    print_reason(kind, fault_address);
    print_backtrace(registers);
    host_exit(TRAP_EXIT_CODE);
}
