/* unwind.c: see unwind.h. */
#include "rt/unwind.h"

#include "rt/cfi.h"

extern const uint8_t mewz_eh_frame_start[], mewz_eh_frame_end[], mewz_eh_frame_header[]; /* link.ld */

static struct unwind_cache shared_cache;

void unwind_begin(struct unwind_cursor *cursor, const struct trap_registers *registers, uint64_t stack_end)
{
    *cursor = (struct unwind_cursor){.stack_end = stack_end, .cache = &shared_cache};
    uint64_t *values = cursor->registers;
    values[UNWIND_RIP] = registers->rip;
    values[UNWIND_RSP] = registers->rsp;
    values[UNWIND_RBP] = registers->rbp;
    values[UNWIND_RBX] = registers->rbx;
    values[UNWIND_R11] = registers->r11;
    values[UNWIND_R12] = registers->r12;
    values[UNWIND_R13] = registers->r13;
    values[UNWIND_R14] = registers->r14;
    values[UNWIND_R15] = registers->r15;
}

uint64_t unwind_address(const struct unwind_cursor *cursor)
{
    return cursor->registers[UNWIND_RIP] - (cursor->is_caller ? 1 : 0);
}

const struct cfi_row *unwind_rules(const struct unwind_cursor *cursor)
{
    static const struct cfi_table table = {mewz_eh_frame_start, mewz_eh_frame_end, mewz_eh_frame_header};
    uint64_t address = unwind_address(cursor);
    struct cached_row *cached = &cursor->cache->rows[address % UNWIND_CACHE_SIZE];
    if (cached->address != address) {
        cached->address = address;
        cached->found = cfi_find_row(&table, address, &cached->row);
    }
    return cached->found ? &cached->row : NULL;
}

/* Reads a word of the part of the stack that the cursor has not passed yet. */
static bool read_stack(const struct unwind_cursor *cursor, uint64_t address, uint64_t *value)
{
    uint64_t low = cursor->registers[UNWIND_RSP];
    if (address < low || address % 8 != 0 || cursor->stack_end < 8 || address > cursor->stack_end - 8)
        return false;
    *value = *(const uint64_t *)address;
    return true;
}

static bool apply_rule(const struct unwind_cursor *cursor, const struct cfi_rule *rule, uint64_t cfa, uint64_t *value)
{
    switch (rule->kind) {
    case CFI_SAME:
        return true;
    case CFI_SAVED:
        return read_stack(cursor, cfa + (uint64_t)(int64_t)rule->value, value);
    case CFI_IS_CFA:
        *value = cfa + (uint64_t)(int64_t)rule->value;
        return true;
    case CFI_REGISTER:
        if ((uint32_t)rule->value >= UNWIND_REGISTERS)
            return false;
        *value = cursor->registers[rule->value];
        return true;
    case CFI_UNDEFINED:
        *value = 0;
        return true;
    }
    return false;
}

static bool step_by_rules(struct unwind_cursor *cursor, const struct cfi_row *row)
{
    struct unwind_cursor caller = *cursor;
    uint64_t cfa = cursor->registers[row->cfa_register] + (uint64_t)row->cfa_offset;
    caller.registers[UNWIND_RSP] = cfa; /* by definition, unless a rule says otherwise */
    for (unsigned i = 0; i < UNWIND_REGISTERS; i++) {
        if (!apply_rule(cursor, &row->rules[i], cfa, &caller.registers[i]))
            return false;
    }
    if (caller.registers[UNWIND_RSP] <= cursor->registers[UNWIND_RSP])
        return false;
    *cursor = caller;
    return true;
}

/* Whether the function at `address` has not built its frame yet, or never will: it stands at its first instruction,
 * `push %rbp`, where a stack overflow is noticed, or it is nothing but an explicit trap. */
static bool has_no_frame(const struct unwind_cursor *cursor)
{
    uint64_t rip = cursor->registers[UNWIND_RIP];
    return !cursor->is_caller && (*(const uint8_t *)rip == 0x55 || trap_kind_at(rip));
}

static bool step_by_frame_pointer(struct unwind_cursor *cursor)
{
    struct unwind_cursor caller = *cursor;
    uint64_t *registers = caller.registers;
    uint64_t return_place = cursor->registers[UNWIND_RSP];
    if (!has_no_frame(cursor)) {
        uint64_t frame = cursor->registers[UNWIND_RBP];
        if (!read_stack(cursor, frame, &registers[UNWIND_RBP]))
            return false;
        return_place = frame + 8;
    }
    if (!read_stack(cursor, return_place, &registers[UNWIND_RIP]))
        return false;
    registers[UNWIND_RSP] = return_place + 8;
    *cursor = caller;
    return true;
}

bool unwind_step(struct unwind_cursor *cursor)
{
    const struct cfi_row *row = unwind_rules(cursor);
    if (!(row ? step_by_rules(cursor, row) : step_by_frame_pointer(cursor)))
        return false;
    cursor->is_caller = true;
    return cursor->registers[UNWIND_RIP] != 0;
}
