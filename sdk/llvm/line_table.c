/* line_table.c: the line number program's machine. It reads only what this compiler's own LLVM made, yet checks all
 * bounds: a newer LLVM may write something else. */
#include "llvm/line_table.h"

#include <string.h>

enum standard_opcode { /* DWARF 4, section 7.21 */
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

struct bytes {
    const uint8_t *at, *end;
    bool failed;
};

struct line_machine {
    const struct elf_section *section;
    const struct elf_section *relocations;
    struct bytes program;
    int8_t line_base;
    uint8_t line_range, opcode_base, min_instruction;
    const uint8_t *operand_counts; /* of standard opcode 1 and up */
    uint64_t address;
    uint32_t line, discriminator;
    bool wants_discriminators;
    struct buf *rows;
};

static uint64_t read_number(struct bytes *bytes, unsigned size)
{
    uint64_t value = 0;

    if ((size_t)(bytes->end - bytes->at) < size) {
        bytes->failed = true;
        bytes->at = bytes->end;
        return 0;
    }
    memcpy(&value, bytes->at, size);
    bytes->at += size;
    return value;
}

static uint64_t read_uleb(struct bytes *bytes)
{
    uint64_t value = 0, byte;
    unsigned shift = 0;

    do {
        byte = read_number(bytes, 1);
        if (shift < 64)
            value |= (byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return value;
}

static int64_t read_sleb(struct bytes *bytes)
{
    uint64_t value = 0, byte;
    unsigned shift = 0;

    do {
        byte = read_number(bytes, 1);
        if (shift < 64)
            value |= (byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if ((byte & 0x40) && shift < 64)
        value |= ~0ull << shift;
    return (int64_t)value;
}

static void emit_row(struct line_machine *machine)
{
    struct line_row row = {.address = machine->address,
                           .offset = machine->wants_discriminators ? machine->discriminator : machine->line};

    buf_append(machine->rows, &row, sizeof(row));
    machine->discriminator = 0;
}

/* The object is not linked: an address is the addend of the relocation at its place. */
static uint64_t read_address(struct line_machine *machine)
{
    uint64_t place = (uint64_t)(machine->program.at - machine->section->bytes);
    uint64_t value = read_number(&machine->program, 8);
    Elf64_Rela relocation;

    if (!machine->relocations)
        return value;
    for (uint64_t at = 0; at + sizeof(relocation) <= machine->relocations->header.sh_size; at += sizeof(relocation)) {
        memcpy(&relocation, machine->relocations->bytes + at, sizeof(relocation));
        if (relocation.r_offset == place)
            return (uint64_t)relocation.r_addend;
    }
    return value;
}

static void run_extended(struct line_machine *machine)
{
    struct bytes *program = &machine->program;
    uint64_t size = read_uleb(program);
    const uint8_t *next = program->at + size;

    if (size == 0 || size > (uint64_t)(program->end - program->at)) {
        program->failed = true;
        return;
    }
    switch (read_number(program, 1)) {
    case LNE_END_SEQUENCE:
        machine->address = 0;
        machine->line = 1;
        break;
    case LNE_SET_ADDRESS:
        machine->address = read_address(machine);
        break;
    case LNE_SET_DISCRIMINATOR:
        machine->discriminator = (uint32_t)read_uleb(program);
        break;
    default:
        break;
    }
    program->at = next;
}

static void run_standard(struct line_machine *machine, unsigned opcode)
{
    struct bytes *program = &machine->program;

    switch (opcode) {
    case LNS_EXTENDED:
        run_extended(machine);
        break;
    case LNS_COPY:
        emit_row(machine);
        break;
    case LNS_ADVANCE_PC:
        machine->address += read_uleb(program) * machine->min_instruction;
        break;
    case LNS_ADVANCE_LINE:
        machine->line += (uint32_t)read_sleb(program);
        break;
    case LNS_CONST_ADD_PC:
        machine->address += (255u - machine->opcode_base) / machine->line_range * machine->min_instruction;
        break;
    case LNS_FIXED_ADVANCE_PC:
        machine->address += read_number(program, 2);
        break;
    default:
        for (unsigned i = 0; i < machine->operand_counts[opcode - 1]; i++)
            read_uleb(program);
        break;
    }
}

static void run_special(struct line_machine *machine, unsigned opcode)
{
    unsigned adjusted = opcode - machine->opcode_base;

    machine->address += adjusted / machine->line_range * machine->min_instruction;
    machine->line += (uint32_t)(machine->line_base + (int)(adjusted % machine->line_range));
    emit_row(machine);
}

static void run_program(struct line_machine *machine)
{
    while (machine->program.at < machine->program.end && !machine->program.failed) {
        unsigned opcode = (unsigned)read_number(&machine->program, 1);

        if (opcode < machine->opcode_base)
            run_standard(machine, opcode);
        else
            run_special(machine, opcode);
    }
}

/* A unit's header up to the tables of files, which nobody needs here. Leaves `program` where the program begins. */
static bool read_header(struct line_machine *machine, struct bytes *unit)
{
    uint64_t version = read_number(unit, 2), header_size = read_number(unit, 4);
    const uint8_t *program = unit->at + header_size;

    if (version < 2 || version > 4 || header_size > (uint64_t)(unit->end - unit->at))
        return false;
    machine->min_instruction = (uint8_t)read_number(unit, 1);
    if (version == 4)
        read_number(unit, 1); /* operations an instruction: only for VLIW machines */
    read_number(unit, 1);     /* default of is_stmt */
    machine->line_base = (int8_t)read_number(unit, 1);
    machine->line_range = (uint8_t)read_number(unit, 1);
    machine->opcode_base = (uint8_t)read_number(unit, 1);
    machine->operand_counts = unit->at;
    machine->program = (struct bytes){.at = program, .end = unit->end};
    machine->line = 1;
    machine->address = 0;
    return !unit->failed && machine->line_range > 0 && machine->opcode_base > LNS_FIXED_ADVANCE_PC &&
           unit->at + machine->opcode_base - 1 <= program;
}

int line_table_read(const struct elf *elf, bool wants_discriminators, struct buf *rows, struct err *err)
{
    struct elf_section section, relocations;
    struct line_machine machine = {.section = &section, .wants_discriminators = wants_discriminators, .rows = rows};
    struct bytes bytes;

    if (!elf_find_section(elf, ".debug_line", &section))
        return 0;
    if (elf_find_section(elf, ".rela.debug_line", &relocations))
        machine.relocations = &relocations;
    bytes = (struct bytes){.at = section.bytes, .end = section.bytes + section.header.sh_size};
    while (bytes.at < bytes.end) {
        uint64_t size = read_number(&bytes, 4);
        struct bytes unit = {.at = bytes.at, .end = bytes.at + size};

        if (size > (uint64_t)(bytes.end - bytes.at) || !read_header(&machine, &unit))
            return err_set(err, "LLVM wrote a line table that is not of DWARF version 4");
        run_program(&machine);
        if (machine.program.failed)
            return err_set(err, "LLVM wrote a line table that ends too early");
        bytes.at = unit.end;
    }
    return 0;
}
