/* line_program.c: see line_program.h. An instruction is one operation here: no target of ours is a VLIW machine. */
#include "llvm/line_program.h"

enum standard_opcode { /* DWARF 5, section 7.22 */
                       LNS_EXTENDED,
                       LNS_COPY,
                       LNS_ADVANCE_PC,
                       LNS_ADVANCE_LINE,
                       LNS_SET_FILE,
                       LNS_SET_COLUMN,
                       LNS_NEGATE_STMT,
                       LNS_SET_BASIC_BLOCK,
                       LNS_CONST_ADD_PC,
                       LNS_FIXED_ADVANCE_PC,
};

enum extended_opcode { LNE_END_SEQUENCE = 1, LNE_SET_ADDRESS, LNE_SET_DISCRIMINATOR = 4 };

struct machine {
    const struct line_program *program;
    struct dwarf_bytes code;
    struct line_state state;
};

static const struct line_state first_state = {.file = 1, .line = 1};

bool line_program_open(struct line_program *program, struct dwarf_unit *unit)
{
    struct dwarf_bytes *bytes = &unit->bytes, header;

    unit->version = dwarf_read_number(bytes, 2);
    if (unit->version < 2 || unit->version > 5)
        return false;
    if (unit->version == 5) {
        unit->address_size = (unsigned)dwarf_read_number(bytes, 1);
        dwarf_read_number(bytes, 1); /* the size of segment selectors */
    }
    header = dwarf_read_part(bytes, dwarf_read_number(bytes, unit->offset_size));
    program->code = *bytes;
    program->min_instruction = (uint8_t)dwarf_read_number(&header, 1);
    if (unit->version >= 4)
        dwarf_read_number(&header, 1); /* operations an instruction */
    dwarf_read_number(&header, 1);     /* default of is_stmt */
    program->line_base = (int8_t)dwarf_read_number(&header, 1);
    program->line_range = (uint8_t)dwarf_read_number(&header, 1);
    program->opcode_base = (uint8_t)dwarf_read_number(&header, 1);
    program->operand_counts = header.at;
    if (program->opcode_base > 0)
        dwarf_read_part(&header, program->opcode_base - 1u);
    program->files = header;
    return !header.failed && !bytes->failed && unit->address_size <= 8 && program->line_range > 0 &&
           program->opcode_base > 0;
}

static void emit_row(struct machine *machine)
{
    machine->program->add_row(machine->program->context, &machine->state);
    machine->state.discriminator = 0;
}

static void advance(struct machine *machine, uint64_t instructions)
{
    machine->state.address += instructions * machine->program->min_instruction;
}

/* The operand takes the rest of the instruction: 4 bytes or 8, by the size of addresses. */
static void set_address(struct machine *machine, struct dwarf_bytes operand)
{
    const struct line_program *program = machine->program;
    const uint8_t *place = operand.at;
    uint64_t address = dwarf_read_number(&operand, operand.end - operand.at == 4 ? 4 : 8);

    machine->code.failed |= operand.failed;
    machine->state.address = program->relocate ? program->relocate(program->context, place, address) : address;
}

static void run_extended(struct machine *machine)
{
    struct dwarf_bytes operand = dwarf_read_part(&machine->code, dwarf_read_uleb(&machine->code));

    switch (dwarf_read_number(&operand, 1)) {
    case LNE_END_SEQUENCE:
        machine->state.ends_sequence = true;
        emit_row(machine);
        machine->state = first_state;
        break;
    case LNE_SET_ADDRESS:
        set_address(machine, operand);
        break;
    case LNE_SET_DISCRIMINATOR:
        machine->state.discriminator = (uint32_t)dwarf_read_uleb(&operand);
        break;
    default:
        break;
    }
    machine->code.failed |= operand.failed;
}

static void run_standard(struct machine *machine, unsigned opcode)
{
    const struct line_program *program = machine->program;
    struct dwarf_bytes *code = &machine->code;

    switch (opcode) {
    case LNS_EXTENDED:
        run_extended(machine);
        break;
    case LNS_COPY:
        emit_row(machine);
        break;
    case LNS_ADVANCE_PC:
        advance(machine, dwarf_read_uleb(code));
        break;
    case LNS_ADVANCE_LINE:
        machine->state.line += (uint32_t)dwarf_read_sleb(code);
        break;
    case LNS_SET_FILE:
        machine->state.file = (uint32_t)dwarf_read_uleb(code);
        break;
    case LNS_SET_COLUMN:
        machine->state.column = (uint32_t)dwarf_read_uleb(code);
        break;
    case LNS_CONST_ADD_PC:
        advance(machine, (255u - program->opcode_base) / program->line_range);
        break;
    case LNS_FIXED_ADVANCE_PC:
        machine->state.address += dwarf_read_number(code, 2);
        break;
    default:
        for (unsigned i = 0; i < program->operand_counts[opcode - 1]; i++)
            dwarf_read_uleb(code);
        break;
    }
}

static void run_special(struct machine *machine, unsigned opcode)
{
    unsigned adjusted = opcode - machine->program->opcode_base;

    advance(machine, adjusted / machine->program->line_range);
    machine->state.line += (uint32_t)(machine->program->line_base + (int)(adjusted % machine->program->line_range));
    emit_row(machine);
}

bool line_program_run(const struct line_program *program)
{
    struct machine machine = {.program = program, .code = program->code, .state = first_state};

    while (machine.code.at < machine.code.end && !machine.code.failed) {
        unsigned opcode = (unsigned)dwarf_read_number(&machine.code, 1);

        if (opcode < program->opcode_base)
            run_standard(&machine, opcode);
        else
            run_special(&machine, opcode);
    }
    return !machine.code.failed;
}
