/* cfi.c: see cfi.h. */
#include "rt/cfi.h"

/* Encodings of pointers (LSB, 10.5.1): a format in the low bits, what the value is relative to above. */
#define ENCODING_ABSOLUTE 0x00
#define ENCODING_FORMAT   0x0f
#define ENCODING_RELATION 0x70
#define ENCODING_PCREL    0x10

/* A common information entry: what several functions share. */
struct cie {
    uint64_t code_align;
    int64_t data_align;
    uint8_t pointer_encoding;
    uint8_t handlers_encoding;
    bool has_augmentation; /* its functions have augmentation data as well */
    struct reader instructions;
};

/* A frame description entry: one function. */
struct fde {
    struct cie cie;
    uint64_t start;
    uint64_t handlers; /* 0: none */
    struct reader instructions;
};

uint64_t cfi_read_encoded(struct reader *reader, uint8_t encoding)
{
    uint64_t place = (uint64_t)reader->at;
    uint64_t value = 0;
    switch (encoding & ENCODING_FORMAT) {
    case 0x0: /* absptr */
    case 0x4: /* udata8 */
    case 0xc: /* sdata8 */
        value = reader_fixed(reader, 8);
        break;
    case 0x1:
        value = reader_uleb(reader);
        break;
    case 0x2:
        value = reader_fixed(reader, 2);
        break;
    case 0x3:
        value = reader_fixed(reader, 4);
        break;
    case 0x9:
        value = (uint64_t)reader_sleb(reader);
        break;
    case 0xa:
        value = (uint64_t)(int16_t)reader_fixed(reader, 2);
        break;
    case 0xb:
        value = (uint64_t)(int32_t)reader_fixed(reader, 4);
        break;
    }
    return (encoding & ENCODING_RELATION) == ENCODING_PCREL ? place + value : value;
}

/* Reads the augmentation data that the string's letters announce. */
static bool read_augmentation(struct reader *reader, const char *letters, struct cie *cie)
{
    if (*letters == 0)
        return true;
    if (*letters++ != 'z')
        return false; /* without its length it could not be skipped */
    cie->has_augmentation = true;
    uint64_t size = reader_uleb(reader);
    struct reader data = {reader->at, reader->end};
    for (; *letters; letters++) {
        if (*letters == 'R')
            cie->pointer_encoding = (uint8_t)reader_fixed(&data, 1);
        else if (*letters == 'L')
            cie->handlers_encoding = (uint8_t)reader_fixed(&data, 1);
        else if (*letters == 'P')
            cfi_read_encoded(&data, (uint8_t)reader_fixed(&data, 1));
        else if (*letters != 'S' && *letters != 'B')
            break; /* unknown: what follows is skipped by its length */
    }
    reader_skip(reader, size);
    return true;
}

/* `reader` spans the entry behind its length and id. */
static bool read_cie(struct reader reader, struct cie *cie)
{
    uint64_t version = reader_fixed(&reader, 1);
    if (version != 1 && version != 3)
        return false;
    const char *letters = (const char *)reader.at;
    while (reader_fixed(&reader, 1))
        ;
    if (reader.at == reader.end)
        return false; /* also means: the string has its zero */
    *cie = (struct cie){.pointer_encoding = ENCODING_ABSOLUTE, .handlers_encoding = CFI_ENCODING_OMIT};
    cie->code_align = reader_uleb(&reader);
    cie->data_align = reader_sleb(&reader);
    uint64_t return_register = version == 1 ? reader_fixed(&reader, 1) : reader_uleb(&reader);
    if (return_register != UNWIND_RIP || !read_augmentation(&reader, letters, cie))
        return false;
    cie->instructions = reader;
    return true;
}

/* One entry of the table, of either sort. */
struct entry {
    const uint8_t *id_place;
    uint32_t id; /* 0: a CIE, else the distance from id_place back to the CIE's length */
    struct reader body;
};

/* Reads the next entry; false at the table's end. */
static bool next_entry(struct reader *table, struct entry *entry)
{
    uint64_t size = reader_fixed(table, 4);
    if (size == 0xffffffff)
        size = reader_fixed(table, 8);
    if (size < 4 || size > (uint64_t)(table->end - table->at))
        return false; /* a length of zero is the terminator */
    entry->body = (struct reader){table->at, table->at + size};
    entry->id_place = table->at;
    entry->id = (uint32_t)reader_fixed(&entry->body, 4);
    table->at += size;
    return true;
}

static bool find_cie(const uint8_t *start, const struct entry *fde, struct cie *cie)
{
    if (fde->id > (uint64_t)(fde->id_place - start))
        return false;
    struct reader table = {fde->id_place - fde->id, fde->body.end};
    struct entry entry;
    return next_entry(&table, &entry) && entry.id == 0 && read_cie(entry.body, cie);
}

/* Reads a function's augmentation data, which has where its handlers are. */
static uint64_t read_handlers(const struct cie *cie, struct reader *reader)
{
    if (!cie->has_augmentation)
        return 0;
    uint64_t size = reader_uleb(reader);
    struct reader data = {reader->at, reader->end};
    reader_skip(reader, size);
    return cie->handlers_encoding == CFI_ENCODING_OMIT ? 0 : cfi_read_encoded(&data, cie->handlers_encoding);
}

/* Reads a function's entry if it covers the address. */
static bool read_fde(const uint8_t *start, const struct entry *entry, uint64_t address, struct fde *fde)
{
    if (!find_cie(start, entry, &fde->cie))
        return false;
    struct reader reader = entry->body;
    fde->start = cfi_read_encoded(&reader, fde->cie.pointer_encoding);
    uint64_t size = cfi_read_encoded(&reader, fde->cie.pointer_encoding & ENCODING_FORMAT);
    if (address - fde->start >= size)
        return false;
    fde->handlers = read_handlers(&fde->cie, &reader);
    fde->instructions = reader;
    return true;
}

/* --- call frame instructions (DWARF 5, 6.4.2) --- */

#define REMEMBER_MAX 4 /* compilers nest them once */

struct machine {
    const struct fde *fde;
    uint64_t location; /* the row being built holds from here */
    struct cfi_row row;
    struct cfi_row initial; /* after the CIE's instructions, for DW_CFA_restore */
    struct cfi_row remembered[REMEMBER_MAX];
    unsigned remembered_count;
};

/* Operands are unsigned or signed multiples of the CIE's factor; unsigned arithmetic, for tables that lie. */
static int64_t factored(const struct machine *machine, uint64_t operand)
{
    return (int64_t)(operand * (uint64_t)machine->fde->cie.data_align);
}

/* Registers that this walk does not keep, the vector registers among them, are of no interest. */
static void set_rule(struct machine *machine, uint64_t reg, enum cfi_kind kind, int64_t value)
{
    if (reg < UNWIND_REGISTERS)
        machine->row.rules[reg] = (struct cfi_rule){kind, (int32_t)value};
}

static void restore_rule(struct machine *machine, uint64_t reg)
{
    if (reg < UNWIND_REGISTERS)
        machine->row.rules[reg] = machine->initial.rules[reg];
}

static bool remember(struct machine *machine)
{
    if (machine->remembered_count == REMEMBER_MAX)
        return false;
    machine->remembered[machine->remembered_count++] = machine->row;
    return true;
}

static bool recall(struct machine *machine)
{
    if (machine->remembered_count == 0)
        return false;
    machine->row = machine->remembered[--machine->remembered_count];
    return true;
}

/* The instructions whose operand is in the opcode's low bits. */
static void run_primary(struct machine *machine, struct reader *reader, unsigned opcode)
{
    const struct cie *cie = &machine->fde->cie;
    unsigned operand = opcode & 0x3f;
    switch (opcode >> 6) {
    case 1: /* DW_CFA_advance_loc */
        machine->location += operand * cie->code_align;
        break;
    case 2: /* DW_CFA_offset */
        set_rule(machine, operand, CFI_SAVED, factored(machine, reader_uleb(reader)));
        break;
    case 3: /* DW_CFA_restore */
        restore_rule(machine, operand);
        break;
    }
}

/* What an instruction is given behind its opcode: a register, perhaps, and then a value in one of these forms. */
enum operand {
    NO_VALUE,
    NUMBER,   /* unsigned */
    FACTORED, /* unsigned or signed, a multiple of the CIE's factor */
    SIGNED_FACTORED,
    DELTA_1, /* fixed sizes, in units of code */
    DELTA_2,
    DELTA_4,
    ADDRESS,
};

enum effect {
    UNKNOWN,
    NOTHING,
    GO_TO,
    ADVANCE,
    SET_RULE,
    RESTORE,
    SET_CFA,
    SET_CFA_REGISTER,
    SET_CFA_OFFSET,
    REMEMBER,
    RECALL,
    SET_ARGS_SIZE
};

/* The others, by opcode. DWARF expressions are not among them. */
static const struct instruction {
    enum effect effect : 8;
    bool has_register;
    enum operand operand : 8;
    enum cfi_kind kind : 8; /* of a rule that is set */
} extended[0x40] = {
    [0x00] = {NOTHING, false, NO_VALUE, CFI_SAME},               /* DW_CFA_nop */
    [0x01] = {GO_TO, false, ADDRESS, CFI_SAME},                  /* DW_CFA_set_loc */
    [0x02] = {ADVANCE, false, DELTA_1, CFI_SAME},                /* DW_CFA_advance_loc1 */
    [0x03] = {ADVANCE, false, DELTA_2, CFI_SAME},                /* DW_CFA_advance_loc2 */
    [0x04] = {ADVANCE, false, DELTA_4, CFI_SAME},                /* DW_CFA_advance_loc4 */
    [0x05] = {SET_RULE, true, FACTORED, CFI_SAVED},              /* DW_CFA_offset_extended */
    [0x06] = {RESTORE, true, NO_VALUE, CFI_SAME},                /* DW_CFA_restore_extended */
    [0x07] = {SET_RULE, true, NO_VALUE, CFI_UNDEFINED},          /* DW_CFA_undefined */
    [0x08] = {SET_RULE, true, NO_VALUE, CFI_SAME},               /* DW_CFA_same_value */
    [0x09] = {SET_RULE, true, NUMBER, CFI_REGISTER},             /* DW_CFA_register */
    [0x0a] = {REMEMBER, false, NO_VALUE, CFI_SAME},              /* DW_CFA_remember_state */
    [0x0b] = {RECALL, false, NO_VALUE, CFI_SAME},                /* DW_CFA_restore_state */
    [0x0c] = {SET_CFA, true, NUMBER, CFI_SAME},                  /* DW_CFA_def_cfa */
    [0x0d] = {SET_CFA_REGISTER, true, NO_VALUE, CFI_SAME},       /* DW_CFA_def_cfa_register */
    [0x0e] = {SET_CFA_OFFSET, false, NUMBER, CFI_SAME},          /* DW_CFA_def_cfa_offset */
    [0x11] = {SET_RULE, true, SIGNED_FACTORED, CFI_SAVED},       /* DW_CFA_offset_extended_sf */
    [0x12] = {SET_CFA, true, SIGNED_FACTORED, CFI_SAME},         /* DW_CFA_def_cfa_sf */
    [0x13] = {SET_CFA_OFFSET, false, SIGNED_FACTORED, CFI_SAME}, /* DW_CFA_def_cfa_offset_sf */
    [0x14] = {SET_RULE, true, FACTORED, CFI_IS_CFA},             /* DW_CFA_val_offset */
    [0x15] = {SET_RULE, true, SIGNED_FACTORED, CFI_IS_CFA},      /* DW_CFA_val_offset_sf */
    [0x2e] = {SET_ARGS_SIZE, false, NUMBER, CFI_SAME},           /* DW_CFA_GNU_args_size */
};

static uint64_t read_operand(const struct machine *machine, struct reader *reader, enum operand operand)
{
    const struct cie *cie = &machine->fde->cie;
    switch (operand) {
    case NUMBER:
        return reader_uleb(reader);
    case FACTORED:
        return (uint64_t)factored(machine, reader_uleb(reader));
    case SIGNED_FACTORED:
        return (uint64_t)factored(machine, (uint64_t)reader_sleb(reader));
    case DELTA_1:
    case DELTA_2:
    case DELTA_4:
        return reader_fixed(reader, 1u << (operand - DELTA_1)) * cie->code_align;
    case ADDRESS:
        return cfi_read_encoded(reader, cie->pointer_encoding);
    default:
        return 0;
    }
}

/* False for what is not known, or makes no sense here. */
static bool run_extended(struct machine *machine, struct reader *reader, unsigned opcode)
{
    const struct instruction *instruction = &extended[opcode];
    uint64_t reg = instruction->has_register ? reader_uleb(reader) : 0;
    uint64_t value = read_operand(machine, reader, instruction->operand);
    switch (instruction->effect) {
    case NOTHING:
        return true;
    case GO_TO:
        machine->location = value;
        return true;
    case ADVANCE:
        machine->location += value;
        return true;
    case SET_RULE:
        set_rule(machine, reg, instruction->kind, (int64_t)value);
        return true;
    case RESTORE:
        restore_rule(machine, reg);
        return true;
    case SET_CFA:
        machine->row.cfa_offset = (int64_t)value;
        machine->row.cfa_register = reg;
        return true;
    case SET_CFA_REGISTER:
        machine->row.cfa_register = reg;
        return true;
    case SET_CFA_OFFSET:
        machine->row.cfa_offset = (int64_t)value;
        return true;
    case REMEMBER:
        return remember(machine);
    case RECALL:
        return recall(machine);
    case SET_ARGS_SIZE:
        machine->row.args_size = value;
        return true;
    default:
        return false;
    }
}

/* Runs instructions until they end or the location passes the address. */
static bool run(struct machine *machine, struct reader reader, uint64_t address)
{
    while (reader.at < reader.end) {
        struct cfi_row before = machine->row;
        unsigned opcode = (unsigned)reader_fixed(&reader, 1);
        if (opcode >> 6)
            run_primary(machine, &reader, opcode);
        else if (!run_extended(machine, &reader, opcode))
            return false;
        if (machine->location > address) {
            machine->row = before;
            return true;
        }
    }
    return true;
}

static bool build_row(const struct fde *fde, uint64_t address, struct cfi_row *row)
{
    struct machine machine = {.fde = fde, .location = fde->start};
    if (!run(&machine, fde->cie.instructions, address))
        return false;
    machine.initial = machine.row;
    if (!run(&machine, fde->instructions, address))
        return false;
    *row = machine.row;
    return row->cfa_register < UNWIND_REGISTERS;
}

/* The header (LSB, 10.6.2), which linkers write in one encoding: counts of 4 bytes, places relative to the header. */
struct header {
    uint8_t version;
    uint8_t frames_encoding, count_encoding, table_encoding;
    int32_t frames;
    uint32_t count;
    struct place {
        int32_t function;
        int32_t entry;
    } table[];
};

#define HEADER_ENCODINGS(header) ((header)->count_encoding << 8 | (header)->table_encoding)

/* The entry of the last function that begins at or below the address, or NULL. */
static const uint8_t *find_entry(const struct cfi_table *table, uint64_t address)
{
    const struct header *header = (const struct header *)table->header;
    if (header->version != 1 || HEADER_ENCODINGS(header) != 0x033b)
        return NULL;
    uint32_t low = 0, high = header->count; /* functions before `low` begin at or below the address */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if ((uint64_t)header + (uint64_t)(int64_t)header->table[middle].function <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? table->header + header->table[low - 1].entry : NULL;
}

bool cfi_find_row(const struct cfi_table *table, uint64_t address, struct cfi_row *row)
{
    const uint8_t *place = find_entry(table, address);
    if (!place || place < table->start || place >= table->end)
        return false;
    struct reader reader = {place, table->end};
    struct entry entry;
    struct fde fde;
    if (!next_entry(&reader, &entry) || entry.id == 0 || !read_fde(table->start, &entry, address, &fde) ||
        !build_row(&fde, address, row))
        return false;
    row->function = fde.start;
    row->handlers = (const uint8_t *)fde.handlers;
    return true;
}
