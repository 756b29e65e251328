/* debug.c: see debug.h. */
#include "llvm/debug.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "llvm/source_types.h"
#include "llvm/variables.h"

static void add_module_flag(struct unit *unit, const char *name, uint32_t value)
{
    LLVMAddModuleFlag(unit->module, LLVMModuleFlagBehaviorWarning, name, strlen(name),
                      LLVMValueAsMetadata(unit_i32(unit, value)));
}

static LLVMMetadataRef make_file(struct unit *unit, const char *path)
{
    return LLVMDIBuilderCreateFile(unit->debug, path, strlen(path), "", 0);
}

/* For the debugger in that file: a pointer of linear memory as an address (source_types.h). */
static void define_macro(struct unit *unit, LLVMMetadataRef file)
{
    static const char name[] = "wasm(p)";
    static const char value[] = "((__typeof__(p))((p) ? (unsigned long)&mewz_memory + (unsigned long)(p) : 0))";

    file = LLVMDIBuilderCreateTempMacroFile(unit->debug, unit->debug_macros, 0, file);
    LLVMDIBuilderCreateMacro(unit->debug, file, 0, LLVMDWARFMacinfoRecordTypeDefine, name, sizeof(name) - 1, value,
                             sizeof(value) - 1);
}

void debug_init(struct unit *unit)
{
    const char *path = unit->wasm->file, *slash = strrchr(path, '/');
    const struct source *source = unit->plan->source;

    add_module_flag(unit, "Debug Info Version", LLVMDebugMetadataVersion());
    add_module_flag(unit, "Dwarf Version", 4);
    unit->debug = LLVMCreateDIBuilder(unit->module);
    unit->debug_file = make_file(unit, slash ? slash + 1 : path);
    unit->debug_unit = LLVMDIBuilderCreateCompileUnit(
        unit->debug, source && source->is_cplus ? LLVMDWARFSourceLanguageC_plus_plus : LLVMDWARFSourceLanguageC,
        unit->debug_file, "mewz-cc", 7, true, "", 0, 0, "", 0,
        source ? LLVMDWARFEmissionFull : LLVMDWARFEmissionLineTablesOnly, 0, false, false, "", 0, "", 0);
    unit->debug_type = LLVMDIBuilderCreateSubroutineType(unit->debug, unit->debug_file, NULL, 0, LLVMDIFlagZero);
    if (!source)
        return;
    unit->debug_sources = memory_alloc(((size_t)source->file_count + 1) * sizeof(*unit->debug_sources));
    if (source->func_count > 0 && unit->index < unit->plan->unit_count)
        unit->types = source_types_new(unit);
    if (unit->types)
        unit->debug_macros = LLVMDIBuilderCreateTempMacroFile(unit->debug, NULL, 0, unit->debug_file);
}

void debug_finish(struct unit *unit)
{
    if (unit->types) {
        if (unit->index == 0)
            variables_declare_globals(unit);
        variables_keep_globals(unit);
        source_types_finish(unit->types);
    }
    LLVMDIBuilderFinalize(unit->debug);
}

void debug_fini(struct unit *unit)
{
    source_types_free(unit->types);
    free(unit->debug_sources);
    LLVMDisposeDIBuilder(unit->debug);
}

/* The place in the source of an offset in the module; without one, the offset is the line in the module itself. */
struct place {
    LLVMMetadataRef file;
    uint32_t line, column;
};

static struct place find_place(struct unit *unit, uint32_t offset)
{
    const struct source *source = unit->plan->source;
    const struct source_row *row = source ? source_find(source, offset) : NULL;
    LLVMMetadataRef *file;

    if (!row)
        return (struct place){.file = unit->debug_file, .line = offset};
    file = &unit->debug_sources[row->file];
    if (!*file) {
        *file = make_file(unit, source->files[row->file]);
        if (unit->types)
            define_macro(unit, *file);
    }
    return (struct place){.file = *file, .line = row->line, .column = row->column};
}

/* The function's name as debuggers have it. C++ has an encoded one too, from which gdb reads types of parameters. */
struct func_name {
    const char *name, *linkage_name;
};

static struct func_name find_name(struct unit *unit, const char *symbol, const char *wasm_name, uint32_t offset)
{
    const struct source *source = unit->plan->source;
    const struct source_func *func = unit->types ? source_find_func(source, offset) : NULL;
    struct func_name name = {.name = source && wasm_name ? wasm_name : symbol, .linkage_name = ""};
    struct die die;

    if (!func || !source_types_die(unit->types, func->die, &die) || *die_name(&die) == 0)
        return name;
    name.linkage_name = source->is_cplus ? die_string(&die, DW_AT_linkage_name) : "";
    name.name = *name.linkage_name ? die_name(&die) : source_types_name(unit->types, &die);
    return name;
}

LLVMMetadataRef debug_describe_func(struct unit *unit, LLVMValueRef function, const char *name, uint32_t offset)
{
    struct place place = find_place(unit, offset);
    size_t size;
    struct func_name found = find_name(unit, LLVMGetValueName2(function, &size), name, offset);
    LLVMMetadataRef scope = LLVMDIBuilderCreateFunction(
        unit->debug, place.file, found.name, strlen(found.name), found.linkage_name, strlen(found.linkage_name),
        place.file, place.line, unit->debug_type, true, true, place.line, LLVMDIFlagZero, true);

    LLVMSetSubprogram(function, scope);
    return scope;
}

/* The type of what a slot holds, or NULL where debuggers have none for it. References are the system's addresses. */
static LLVMMetadataRef local_type(struct unit *unit, LLVMTypeRef type)
{
    enum { ADDRESS = 0x01, FLOAT = 0x04, SIGNED = 0x05 }; /* DWARF 4, section 7.8 */
    const struct {
        LLVMTypeRef type;
        const char *name;
        uint64_t bits;
        LLVMDWARFTypeEncoding encoding;
    } types[] = {
        {unit->i32, "i32", 32, SIGNED}, {unit->i64, "i64", 64, SIGNED},  {unit->f32, "f32", 32, FLOAT},
        {unit->f64, "f64", 64, FLOAT},  {unit->ptr, "ref", 64, ADDRESS},
    };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (types[i].type == type)
            return LLVMDIBuilderCreateBasicType(unit->debug, types[i].name, strlen(types[i].name), types[i].bits,
                                                types[i].encoding, LLVMDIFlagZero);
    return NULL;
}

void debug_declare_local(struct unit *unit, LLVMMetadataRef scope, LLVMBasicBlockRef entry, LLVMValueRef slot,
                         uint32_t index, bool is_param)
{
    LLVMMetadataRef type = unit->plan->source ? local_type(unit, LLVMGetAllocatedType(slot)) : NULL;
    LLVMMetadataRef file, variable;
    unsigned line;
    char name[20];

    if (!type)
        return;
    snprintf(name, sizeof(name), "local%u", index);
    file = LLVMDIScopeGetFile(scope);
    line = LLVMDISubprogramGetLine(scope);
    variable = is_param ? LLVMDIBuilderCreateParameterVariable(unit->debug, scope, name, strlen(name), index + 1, file,
                                                               line, type, false, LLVMDIFlagZero)
                        : LLVMDIBuilderCreateAutoVariable(unit->debug, scope, name, strlen(name), file, line, type,
                                                          false, LLVMDIFlagZero, 0);
    LLVMDIBuilderInsertDeclareRecordAtEnd(unit->debug, slot, variable,
                                          LLVMDIBuilderCreateExpression(unit->debug, NULL, 0),
                                          LLVMDIBuilderCreateDebugLocation(unit->context, line, 0, scope, NULL), entry);
}

/* The function's scope, in the place's file, with a discriminator. */
static LLVMMetadataRef place_scope(struct unit *unit, LLVMMetadataRef scope, const struct place *place,
                                   uint32_t discriminator)
{
    return LLVMDIBuilderCreateLexicalBlockFile(unit->debug, scope, place->file, discriminator);
}

void debug_locate(struct unit *unit, LLVMValueRef instruction, LLVMMetadataRef scope, uint32_t offset)
{
    struct place place = find_place(unit, offset);

    if (unit->plan->source)
        scope = place_scope(unit, scope, &place, offset);
    LLVMInstructionSetDebugLoc(instruction,
                               LLVMDIBuilderCreateDebugLocation(unit->context, place.line, place.column, scope, NULL));
}

void debug_enter(struct unit *unit, LLVMMetadataRef scope, uint32_t offset)
{
    struct place place;

    if (!unit->plan->source && !unit->options->locate_all)
        return;
    place = find_place(unit, offset);
    if (place.file == unit->debug_file && !unit->options->locate_all) {
        debug_leave(unit);
        return;
    }
    if (place.file != LLVMDIScopeGetFile(scope))
        scope = place_scope(unit, scope, &place, 0);
    LLVMSetCurrentDebugLocation2(
        unit->builder, LLVMDIBuilderCreateDebugLocation(unit->context, place.line, place.column, scope, NULL));
}

void debug_leave(struct unit *unit)
{
    LLVMSetCurrentDebugLocation2(unit->builder, NULL);
}
