/* variables.c: see variables.h. A place is LLVM's dbg.value of the local, with an expression: what is in linear memory
 * has the address `local + offset + memory`, where debug_object.h puts in the last one. */
#include "llvm/variables.h"

#include <string.h>

#include "base/buf.h"
#include "llvm/debug_object.h"
#include "llvm/lower.h"
#include "llvm/source_types.h"
#include "llvm/symbols.h"

#define DEPTH_LIMIT         64 /* of blocks in one another */
#define WASM_LOCATION_LOCAL 0  /* DW_OP_WASM_location: of which kind; the others are no variables here */

#define NAME_LIMIT     1024
#define VARIABLE_LIMIT 1000 /* in a function, with its blocks */

#define SYMBOL_PREFIX "\01.Lwasm.variable." /* of those at constant addresses; LLVM takes such a name as it is */

enum base { NOWHERE, LOCAL, ADDRESS, CONSTANT };

struct place {
    enum base base;
    uint32_t local;
    int64_t offset; /* or address, or constant */
    bool in_memory; /* else the local holds the variable itself */
};

struct variable {
    LLVMMetadataRef variable, type, location;
    struct place place;
    uint32_t begin, end; /* offsets in the module between which it is there */
    bool is_address;     /* debuggers follow it (source_types.h) */
    bool is_active;
};

struct block {
    LLVMMetadataRef scope;
    uint32_t begin, end;
};

/* What a local holds, as far as that is known here. */
struct local_value {
    LLVMValueRef value;
    uint32_t joins; /* as many as when it was set: nothing else can have come here */
    uint32_t sets;  /* instructions that set it, in the whole function */
};

struct variables {
    LLVMMetadataRef scope;
    struct variable *list;
    struct block *blocks; /* outer ones first */
    uint32_t count, block_count;
    uint32_t next_change; /* offset where the next variable or block begins or ends */
    struct local_value *locals;
    uint32_t joins; /* places so far where ways come together */
    enum wasm_op last;
    uint32_t last_local;
};

struct reading {
    struct lower *l;
    struct source_types *types;
    const struct source *source;
    uint32_t code_offset; /* of addresses in the DWARF */
    uint32_t begin, body, end;
    struct place frame;
    uint32_t param_count, params; /* of the source: seen, and all */
    struct buf list, blocks;
};

/* --- expressions (DWARF 5, section 2.5) --- */

static bool set_constant(struct place *place, int64_t value)
{
    *place = (struct place){.base = CONSTANT, .offset = value};
    return true;
}

static bool read_operation(const struct reading *reading, struct dwarf_bytes *bytes, struct place *place)
{
    uint64_t operation = dwarf_read_number(bytes, 1), local;

    if (operation >= DW_OP_lit0 && operation <= DW_OP_lit31)
        return set_constant(place, (int64_t)(operation - DW_OP_lit0));
    switch (operation) {
    case DW_OP_constu:
        return set_constant(place, (int64_t)dwarf_read_uleb(bytes));
    case DW_OP_consts:
        return set_constant(place, dwarf_read_sleb(bytes));
    case DW_OP_WASM_location:
        if (dwarf_read_uleb(bytes) != WASM_LOCATION_LOCAL)
            return false;
        local = dwarf_read_uleb(bytes);
        *place = (struct place){.base = LOCAL, .local = (uint32_t)local, .in_memory = true};
        return local < reading->l->func->local_count;
    case DW_OP_fbreg:
        *place = reading->frame;
        place->in_memory = true;
        place->offset = dwarf_read_sleb(bytes);
        return true;
    case DW_OP_addr:
        *place = (struct place){.base = ADDRESS, .offset = (int64_t)dwarf_read_number(bytes, 4), .in_memory = true};
        return true;
    case DW_OP_plus_uconst:
        place->offset = (int64_t)((uint64_t)place->offset + dwarf_read_uleb(bytes));
        return place->in_memory;
    case DW_OP_stack_value:
        place->in_memory = false;
        return place->offset == 0 || place->base == CONSTANT;
    default:
        return false;
    }
}

/* NOWHERE for what only other compilers would say. */
static struct place read_place(const struct reading *reading, struct dwarf_bytes block)
{
    struct place place = {.base = NOWHERE};

    while (block.at < block.end)
        if (!read_operation(reading, &block, &place) || block.failed)
            return (struct place){.base = NOWHERE};
    if (place.base != CONSTANT && (place.offset < INT32_MIN || place.offset > UINT32_MAX))
        return (struct place){.base = NOWHERE};
    return place;
}

/* Adds linear memory's address to a pointer, but to null: `0 - pointer` is negative or 0. */
#define POINTER_TO_ADDRESS                                                                                             \
    DW_OP_dup, DW_OP_lit0, DW_OP_swap, DW_OP_minus, DW_OP_constu, 63, DW_OP_shra, DW_OP_constu, DEBUG_MEMORY_BASE,     \
        DW_OP_and, DW_OP_plus, DW_OP_stack_value

/* The operations on the local's value, or on its slot: LLVM gives memory's contents as `deref` at the end. */
static LLVMMetadataRef make_expression(struct unit *unit, const struct variable *variable, bool from_slot)
{
    uint64_t operations[32];
    size_t count = 0;
    const struct place *place = &variable->place;

#define ADD(...)                                                                                                       \
    do {                                                                                                               \
        const uint64_t more[] = {__VA_ARGS__};                                                                         \
        memcpy(operations + count, more, sizeof(more));                                                                \
        count += sizeof(more) / sizeof(*more);                                                                         \
    } while (0)
    if (from_slot && (place->in_memory || variable->is_address))
        ADD(DW_OP_deref_size, 4);
    if (place->in_memory) {
        if (place->offset >= 0)
            ADD(DW_OP_plus_uconst, (uint64_t)place->offset);
        else
            ADD(DW_OP_constu, (uint64_t)-place->offset, DW_OP_minus);
        ADD(DW_OP_constu, UINT32_MAX, DW_OP_and, DW_OP_constu, DEBUG_MEMORY_BASE, DW_OP_plus);
        if (variable->is_address)
            ADD(DW_OP_deref_size, 4);
        else if (!from_slot)
            ADD(DW_OP_deref);
    }
    if (variable->is_address)
        ADD(DW_OP_constu, UINT32_MAX, DW_OP_and, POINTER_TO_ADDRESS);
#undef ADD
    return LLVMDIBuilderCreateExpression(unit->debug, operations, count);
}

/* --- reading --- */

static bool has_one_memory(const struct unit *unit)
{
    return unit->instance->fixed_memory == 0 && !unit->wasm->memories[0].limits.is_64;
}

/* A variable at a constant address gets a symbol there, since debug information of LLVM's wants one. All belong to the
 * file: gdb would not find a function's own where the function is inlined. */
static void declare_at(struct unit *unit, struct die *die, uint32_t address)
{
    const char *name;
    uint64_t line = 0, offset = die->offset;
    struct buf text = {0};
    bool is_address;
    LLVMMetadataRef variable, type = source_types_of(unit->types, die, &is_address);
    LLVMValueRef symbol;

    name = source_types_name(unit->types, die);
    if (!type || *name == 0)
        return;
    die_number(die, DW_AT_decl_line, &line);
    buf_printf(&text, ".set %s%lx, mewz_memory+%u\n", &SYMBOL_PREFIX[1], offset, address);
    LLVMAppendModuleInlineAsm(unit->module, (const char *)text.data, text.size);
    text.size = 0;
    buf_printf(&text, SYMBOL_PREFIX "%lx", offset);
    buf_byte(&text, 0);
    symbol = LLVMAddGlobal(unit->module, unit->i8, (const char *)text.data);
    LLVMSetVisibility(symbol, LLVMHiddenVisibility);
    uint64_t tail[] = {DW_OP_deref_size, 4, POINTER_TO_ADDRESS};
    variable = LLVMDIBuilderCreateGlobalVariableExpression(
        unit->debug, unit->debug_unit, name, strnlen(name, NAME_LIMIT), "", 0, unit->debug_file, (unsigned)line, type,
        true, LLVMDIBuilderCreateExpression(unit->debug, tail, is_address ? sizeof(tail) / sizeof(*tail) : 0), NULL, 0);
    LLVMGlobalSetMetadata(symbol, LLVMGetMDKindIDInContext(unit->context, "dbg", 3), variable);
    buf_free(&text);
}

static void add_variable(struct reading *reading, struct variable variable)
{
    if (reading->list.size < VARIABLE_LIMIT * sizeof(variable))
        buf_append(&reading->list, &variable, sizeof(variable));
}

/* Whether a wasm value of that type can be the variable: what is larger, or a structure, is passed by its address. */
static bool is_passed_as(wasm_valtype type, LLVMMetadataRef source, bool is_address)
{
    uint64_t size = is_address ? 32 : LLVMDITypeGetSizeInBits(source);
    uint16_t tag = LLVMGetDINodeTag(source);

    if (!is_address && (tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type ||
                        tag == DW_TAG_array_type))
        return false;
    return (type == WASM_I32 || type == WASM_F32) ? size <= 32 : size == 64;
}

/* Until a function has stored its parameters where they belong, they are in locals, as they came. */
static void add_param(struct reading *reading, struct variable variable)
{
    struct lower *l = reading->l;
    const struct wasm_functype *functype = &l->wasm->types[l->func->type];
    uint32_t index = reading->param_count - 1;

    add_variable(reading, variable);
    if (l->unit->options->optimise == 0 || reading->params != functype->param_count ||
        !is_passed_as(functype->params[index], variable.type, variable.is_address))
        return;
    variable.place = (struct place){.base = LOCAL, .local = index};
    variable.begin = reading->begin;
    variable.end = reading->body;
    add_variable(reading, variable);
}

/* Not without optimisation: a slot is one place, for all of the function. */
static void read_list(struct reading *reading, struct die *die, struct variable variable)
{
    struct die_list list;
    uint64_t begin, end;
    struct dwarf_bytes block;

    if (reading->l->unit->options->optimise == 0 || !die_list_open(&list, die, DW_AT_location))
        return;
    while (die_list_next(&list, &begin, &end, &block) && die_spend(die->reader, 1)) {
        variable.place = read_place(reading, block);
        if (begin >= end || end > reading->l->wasm->size ||
            (variable.place.base != LOCAL && variable.place.base != CONSTANT))
            continue;
        variable.begin = reading->code_offset + (uint32_t)begin;
        variable.end = reading->code_offset + (uint32_t)end;
        add_variable(reading, variable);
    }
}

static bool make_variable(struct reading *reading, struct die *die, LLVMMetadataRef scope, bool is_param,
                          struct variable *variable)
{
    struct unit *unit = reading->l->unit;
    LLVMMetadataRef file = LLVMDIScopeGetFile(scope);
    const char *name = die_name(die);
    size_t size = strnlen(name, NAME_LIMIT);
    uint64_t line = 0;

    variable->type = source_types_of(reading->types, die, &variable->is_address);
    if (!variable->type || size == 0)
        return false;
    die_number(die, DW_AT_decl_line, &line);
    if (is_param)
        variable->variable =
            LLVMDIBuilderCreateParameterVariable(unit->debug, scope, name, size, reading->param_count, file,
                                                 (unsigned)line, variable->type, false, LLVMDIFlagZero);
    else
        variable->variable = LLVMDIBuilderCreateAutoVariable(unit->debug, scope, name, size, file, (unsigned)line,
                                                             variable->type, false, LLVMDIFlagZero, 0);
    variable->location = LLVMDIBuilderCreateDebugLocation(unit->context, 0, 0, scope, NULL);
    return true;
}

static void read_variable(struct reading *reading, struct die *die, LLVMMetadataRef scope, bool is_param)
{
    struct variable variable = {.begin = reading->begin, .end = reading->end};
    struct dwarf_bytes block;
    bool has_block = die_block(die, DW_AT_location, &block);

    reading->param_count += is_param;
    if (has_block)
        variable.place = read_place(reading, block);
    if (variable.place.base == ADDRESS) {
        declare_at(reading->l->unit, die, (uint32_t)variable.place.offset);
        return;
    }
    if (!die_has(die, DW_AT_location) || (has_block && variable.place.base == NOWHERE) ||
        !make_variable(reading, die, scope, is_param, &variable))
        return;
    if (variable.place.in_memory)
        variable.begin = reading->body;
    if (!has_block)
        read_list(reading, die, variable);
    else if (is_param && variable.place.in_memory)
        add_param(reading, variable);
    else
        add_variable(reading, variable);
}

static void add_block(struct reading *reading, struct die *die, LLVMMetadataRef scope)
{
    struct die_list list;
    struct dwarf_bytes none;
    uint64_t begin, end;

    if (!die_list_open(&list, die, DW_AT_ranges))
        return;
    while (die_list_next(&list, &begin, &end, &none) && die_spend(die->reader, 1) &&
           reading->blocks.size < VARIABLE_LIMIT * sizeof(struct block))
        if (begin < end && end <= reading->l->wasm->size) {
            struct block block = {.scope = scope,
                                  .begin = reading->code_offset + (uint32_t)begin,
                                  .end = reading->code_offset + (uint32_t)end};

            buf_append(&reading->blocks, &block, sizeof(block));
        }
}

static LLVMMetadataRef make_block(struct reading *reading, struct die *die, LLVMMetadataRef scope)
{
    uint64_t line = 0;

    die_number(die, DW_AT_decl_line, &line);
    scope =
        LLVMDIBuilderCreateLexicalBlock(reading->l->unit->debug, scope, LLVMDIScopeGetFile(scope), (unsigned)line, 0);
    add_block(reading, die, scope);
    return scope;
}

static void read_block(struct reading *reading, struct die *parent, LLVMMetadataRef scope, unsigned depth)
{
    bool is_func = depth == 0;
    LLVMMetadataRef inner;
    struct die die;

    if (depth == DEPTH_LIMIT || !die_child(parent, &die))
        return;
    do {
        switch (die_tag(&die)) {
        case DW_TAG_formal_parameter:
        case DW_TAG_variable:
            read_variable(reading, &die, scope, is_func && die_tag(&die) == DW_TAG_formal_parameter);
            break;
        case DW_TAG_lexical_block:
        case DW_TAG_inlined_subroutine:
            inner = make_block(reading, &die, scope);
            read_block(reading, &die, inner, depth + 1);
            break;
        default:
            break;
        }
    } while (die_next(&die));
}

static uint32_t count_params(const struct die *func)
{
    uint32_t count = 0;
    struct die die;

    if (!die_child(func, &die))
        return 0;
    do
        count += die_tag(&die) == DW_TAG_formal_parameter;
    while (die_next(&die));
    return count;
}

/* Where the function has set itself up: at its second line, as debuggers see it too. */
static uint32_t find_body(const struct source *source, const struct wasm_func *func)
{
    const struct source_row *row = source_find(source, func->body_offset), *end = source->rows + source->row_count;

    if (row && row + 1 < end && row[1].offset < func->body_offset + func->body_size)
        return row[1].offset;
    return func->body_offset;
}

static bool sets_local(enum wasm_op op)
{
    return op == WASM_OP_LOCAL_SET || op == WASM_OP_LOCAL_TEE;
}

static void count_sets(struct lower *l, struct local_value *locals)
{
    struct wasm_reader reader = wasm_expr_reader(l->wasm, l->func->body);
    struct wasm_instr instr;
    struct err err = {0};

    while (reader.offset < reader.end && wasm_read_instr(&reader, &instr, &err) == 0)
        if (sets_local(instr.op))
            locals[instr.index].sets++;
}

static struct variables *take(struct reading *reading)
{
    struct arena *arena = &reading->l->arena;
    struct variables *variables = arena_alloc(arena, sizeof(*variables));

    variables->scope = reading->l->scope;
    variables->count = (uint32_t)(reading->list.size / sizeof(*variables->list));
    variables->block_count = (uint32_t)(reading->blocks.size / sizeof(*variables->blocks));
    variables->list = arena_take(arena, &reading->list);
    variables->blocks = arena_take(arena, &reading->blocks);
    variables->locals = arena_array(arena, reading->l->func->local_count, sizeof(*variables->locals));
    count_sets(reading->l, variables->locals);
    return variables;
}

struct variables *variables_read(struct lower *l)
{
    const struct source *source = l->unit->plan->source;
    const struct source_func *func = l->unit->types ? source_find_func(source, l->func->body_offset) : NULL;
    struct reading reading = {.l = l,
                              .types = l->unit->types,
                              .source = source,
                              .begin = l->func->body_offset,
                              .end = l->func->body_offset + l->func->body_size};
    struct dwarf_bytes block;
    struct die die;

    if (!func || !has_one_memory(l->unit) || !source_types_die(reading.types, func->die, &die))
        return NULL;
    reading.code_offset = source->code_offset;
    reading.body = find_body(source, l->func);
    if (die_block(&die, DW_AT_frame_base, &block))
        reading.frame = read_place(&reading, block);
    reading.params = count_params(&die);
    read_block(&reading, &die, l->scope, 0);
    if (reading.list.size == 0) {
        buf_free(&reading.blocks);
        return NULL;
    }
    return take(&reading);
}

/* --- telling LLVM --- */

static void tell_value(struct lower *l, const struct variable *variable, LLVMValueRef value)
{
    LLVMDIBuilderInsertDbgValueRecordAtEnd(l->unit->debug, value, variable->variable,
                                           make_expression(l->unit, variable, false), variable->location,
                                           LLVMGetInsertBlock(l->builder));
}

static void tell_end(struct lower *l, const struct variable *variable)
{
    tell_value(l, variable, LLVMGetPoison(l->unit->i32));
}

/* The value that the variable's place has or begins with; NULL where it is not known. Nothing is loaded from the slot:
 * that would change the code. */
static LLVMValueRef find_value(struct lower *l, const struct place *place)
{
    const struct local_value *local = &l->variables->locals[place->local];

    if (place->base == CONSTANT)
        return unit_i64(l->unit, (uint64_t)place->offset);
    if (local->sets == 0 && place->local < LLVMCountParams(l->function))
        return LLVMGetParam(l->function, place->local);
    if (local->value && (local->sets == 1 || local->joins == l->variables->joins))
        return local->value;
    return l->variables->joins == 0 && place->local < LLVMCountParams(l->function) && !local->value
               ? LLVMGetParam(l->function, place->local)
               : NULL;
}

/* Without optimisation a slot is there all the time, and is declared once; values would be lost at once. */
static void tell(struct lower *l, const struct variable *variable)
{
    LLVMValueRef value;

    if (l->unit->options->optimise == 0) {
        LLVMDIBuilderInsertDeclareRecordAtEnd(l->unit->debug, lower_local(l, variable->place.local), variable->variable,
                                              make_expression(l->unit, variable, true), variable->location,
                                              LLVMGetInsertBlock(l->builder));
        return;
    }
    value = find_value(l, &variable->place);
    if (value)
        tell_value(l, variable, value);
    else
        tell_end(l, variable);
}

static void note_change(struct variables *variables, uint32_t here, uint32_t offset)
{
    if (offset > here && offset < variables->next_change)
        variables->next_change = offset;
}

/* Variables that begin or end between the last instruction and this one. What ends first makes room for what begins. */
static void update_variables(struct lower *l, uint32_t offset)
{
    struct variables *variables = l->variables;

    for (uint32_t i = 0; i < variables->count; i++) {
        struct variable *variable = &variables->list[i];

        if (variable->is_active && offset >= variable->end) {
            variable->is_active = false;
            tell_end(l, variable);
        }
    }
    for (uint32_t i = 0; i < variables->count; i++) {
        struct variable *variable = &variables->list[i];

        if (!variable->is_active && offset >= variable->begin && offset < variable->end) {
            variable->is_active = true;
            tell(l, variable);
        }
        note_change(variables, offset, variable->begin);
        note_change(variables, offset, variable->end);
    }
}

static void update_scope(struct lower *l, uint32_t offset)
{
    struct variables *variables = l->variables;

    l->scope = variables->scope;
    for (uint32_t i = 0; i < variables->block_count; i++) {
        const struct block *block = &variables->blocks[i];

        if (block->begin <= offset && offset < block->end)
            l->scope = block->scope;
        note_change(variables, offset, block->begin);
        note_change(variables, offset, block->end);
    }
}

/* The last instruction has stored to the local's slot. */
static void update_local(struct lower *l, uint32_t local)
{
    struct variables *variables = l->variables;
    LLVMValueRef store = LLVMGetLastInstruction(LLVMGetInsertBlock(l->builder));

    variables->locals[local] =
        (struct local_value){.value = store && LLVMIsAStoreInst(store) ? LLVMGetOperand(store, 0) : NULL,
                             .joins = variables->joins,
                             .sets = variables->locals[local].sets};
    for (uint32_t i = 0; i < variables->count; i++) {
        const struct variable *variable = &variables->list[i];

        if (variable->is_active && variable->place.base == LOCAL && variable->place.local == local)
            tell(l, variable);
    }
}

/* Says what the last instruction has changed. */
static void update_after(struct lower *l)
{
    struct variables *variables = l->variables;

    if (sets_local(variables->last))
        update_local(l, variables->last_local);
    else if (variables->last == WASM_OP_LOOP || wasm_ends_block(variables->last) || wasm_begins_part(variables->last))
        variables->joins++;
}

void variables_reach(struct lower *l, const struct wasm_instr *instr)
{
    struct variables *variables = l->variables;

    if (!variables)
        return;
    if (!l->is_dead && l->unit->options->optimise > 0)
        update_after(l);
    if (!l->is_dead && instr->offset >= variables->next_change) {
        variables->next_change = UINT32_MAX;
        update_scope(l, instr->offset);
        update_variables(l, instr->offset);
    }
    variables->last = instr->op;
    variables->last_local = instr->index;
}

void variables_declare_globals(struct unit *unit)
{
    struct reading reading = {.types = unit->types};
    const struct source *source = unit->plan->source;
    struct place place;
    struct dwarf_bytes block;
    struct die die;

    if (!has_one_memory(unit))
        return;
    for (uint32_t i = 0; i < source->global_count; i++) {
        if (!source_types_die(unit->types, source->globals[i], &die) || !die_block(&die, DW_AT_location, &block))
            continue;
        place = (struct place){.base = NOWHERE};
        if (block.at < block.end && *block.at == DW_OP_addr)
            place = read_place(&reading, block);
        if (place.base == ADDRESS && place.offset > 0 && place.offset < UINT32_MAX - 1) /* not left out by the linker */
            declare_at(unit, &die, (uint32_t)place.offset);
    }
}

/* Nothing but debug information refers to their symbols. */
void variables_keep_globals(struct unit *unit)
{
    struct buf used = {0};
    LLVMValueRef list, *symbols;
    unsigned count;
    size_t size;

    for (LLVMValueRef symbol = LLVMGetFirstGlobal(unit->module); symbol; symbol = LLVMGetNextGlobal(symbol))
        if (strncmp(LLVMGetValueName2(symbol, &size), SYMBOL_PREFIX, strlen(SYMBOL_PREFIX)) == 0)
            buf_append(&used, &symbol, sizeof(LLVMValueRef));
    symbols = (LLVMValueRef *)(void *)used.data;
    count = (unsigned)(used.size / sizeof(LLVMValueRef));
    if (count > 0) {
        list = LLVMAddGlobal(unit->module, LLVMArrayType2(unit->ptr, count), "llvm.compiler.used");
        LLVMSetInitializer(list, LLVMConstArray2(unit->ptr, symbols, count));
        LLVMSetLinkage(list, LLVMAppendingLinkage);
        LLVMSetSection(list, "llvm.metadata");
    }
    buf_free(&used);
}
