/* source_types.c: see source_types.h.
 *
 * A structure is a placeholder first, and its members are read when all variables have been: so a structure may lead to
 * itself, and nothing here recurses but chains of pointers, arrays and names. */
#include "llvm/source_types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "llvm/debug_object.h"

#define DEPTH_LIMIT  32   /* of such a chain */
#define NAME_LIMIT   1024 /* bytes */
#define MEMBER_LIMIT 65536

struct known_type {
    uint64_t die; /* 0: free */
    LLVMMetadataRef type;
};

struct pending_type {
    uint64_t die;
    LLVMMetadataRef placeholder;
};

struct source_types {
    struct unit *unit;
    struct die_reader reader;
    struct known_type *known; /* hashed by die */
    size_t known_count, known_capacity;
    struct buf pending; /* struct pending_type */
    struct buf name;
};

struct source_types *source_types_new(struct unit *unit)
{
    struct source_types *types = memory_alloc(sizeof(*types));

    types->unit = unit;
    types->reader = die_reader_make(unit->plan->source->dies);
    types->known_capacity = 64;
    types->known = memory_alloc(types->known_capacity * sizeof(*types->known));
    return types;
}

void source_types_free(struct source_types *types)
{
    if (!types)
        return;
    buf_free(&types->pending);
    buf_free(&types->name);
    free(types->known);
    free(types);
}

bool source_types_die(struct source_types *types, uint64_t offset, struct die *die)
{
    return die_at(&types->reader, offset, die);
}

const char *source_types_name(struct source_types *types, struct die *die)
{
    const char *name = die_name(die), *path = source_path(types->unit->plan->source, die);

    if (*path == 0 || *name == 0)
        return name;
    types->name.size = 0;
    buf_printf(&types->name, "%s%.*s", path, NAME_LIMIT, name);
    buf_byte(&types->name, 0);
    return (const char *)types->name.data;
}

static struct known_type *find_known(struct known_type *known, size_t capacity, uint64_t die)
{
    size_t at = (die * 0x9e3779b97f4a7c15ull >> 20) & (capacity - 1);

    while (known[at].die != 0 && known[at].die != die)
        at = (at + 1) & (capacity - 1);
    return &known[at];
}

static void remember(struct source_types *types, uint64_t die, LLVMMetadataRef type)
{
    if (2 * types->known_count >= types->known_capacity) {
        size_t capacity = 2 * types->known_capacity;
        struct known_type *known = memory_alloc(capacity * sizeof(*known));

        for (size_t i = 0; i < types->known_capacity; i++)
            if (types->known[i].die != 0)
                *find_known(known, capacity, types->known[i].die) = types->known[i];
        free(types->known);
        types->known = known;
        types->known_capacity = capacity;
    }
    struct known_type *slot = find_known(types->known, types->known_capacity, die);

    types->known_count += slot->die == 0;
    *slot = (struct known_type){.die = die, .type = type};
}

static size_t name_size(const char *name)
{
    return strnlen(name, NAME_LIMIT);
}

static uint64_t bit_size(struct die *die)
{
    uint64_t bytes;

    return die_number(die, DW_AT_byte_size, &bytes) && bytes < UINT64_MAX / 8 ? 8 * bytes : 0;
}

static bool is_qualifier(int tag)
{
    return tag == DW_TAG_typedef || tag == DW_TAG_const_type || tag == DW_TAG_volatile_type ||
           tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type;
}

static bool is_pointer(int tag)
{
    return tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type || tag == DW_TAG_rvalue_reference_type;
}

static bool is_structure(int tag)
{
    return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

/* The type behind names and qualifiers; false for void. */
static bool find_bare(struct die *type)
{
    for (unsigned depth = 0; is_qualifier(die_tag(type)); depth++)
        if (depth == DEPTH_LIMIT || !die_reference(type, DW_AT_type, type))
            return false;
    return true;
}

static LLVMMetadataRef convert(struct source_types *types, struct die *die, unsigned depth);

static LLVMMetadataRef convert_target(struct source_types *types, struct die *die, unsigned depth)
{
    struct die target;

    return die_reference(die, DW_AT_type, &target) ? convert(types, &target, depth + 1) : NULL;
}

static LLVMMetadataRef convert_base(struct source_types *types, struct die *die)
{
    const char *name = die_name(die);
    uint64_t encoding = 0, size = bit_size(die);

    if (!die_number(die, DW_AT_encoding, &encoding) || encoding > UINT8_MAX || size > 128)
        return NULL;
    if (encoding == DW_ATE_float && size == 128)
        name = "_Float128"; /* gdb takes `long double` for the x87's */
    return LLVMDIBuilderCreateBasicType(types->unit->debug, name, name_size(name), size,
                                        (LLVMDWARFTypeEncoding)encoding, LLVMDIFlagZero);
}

/* A placeholder; its members come later. The offset tells structures of one name apart. */
static LLVMMetadataRef convert_structure(struct source_types *types, struct die *die)
{
    struct pending_type pending = {.die = die->offset};
    const char *name = source_types_name(types, die);

    pending.placeholder = LLVMDIBuilderCreateReplaceableCompositeType(
        types->unit->debug, (unsigned)die_tag(die), name, name_size(name), types->unit->debug_file,
        types->unit->debug_file, 0, 0, bit_size(die), 0, LLVMDIFlagZero, "", 0);
    buf_append(&types->pending, &pending, sizeof(pending));
    return pending.placeholder;
}

/* The address space is the size (debug_object.h). */
static LLVMMetadataRef make_pointer(struct source_types *types, LLVMMetadataRef target)
{
    return LLVMDIBuilderCreatePointerType(types->unit->debug, target, 8 * DEBUG_POINTER_SIZE, 0, DEBUG_POINTER_SIZE, "",
                                          0);
}

static LLVMMetadataRef convert_array(struct source_types *types, struct die *die, unsigned depth)
{
    enum { DIMENSION_LIMIT = 16 };
    LLVMMetadataRef ranges[DIMENSION_LIMIT], element = convert_target(types, die, depth);
    unsigned count = 0;
    struct die range;

    if (!element || !die_child(die, &range))
        return NULL;
    do {
        uint64_t size, top;

        if (die_tag(&range) != DW_TAG_subrange_type)
            continue;
        if (!die_number(&range, DW_AT_count, &size))
            size = die_number(&range, DW_AT_upper_bound, &top) ? top + 1 : UINT64_MAX; /* unknown: -1 */
        ranges[count++] = LLVMDIBuilderGetOrCreateSubrange(types->unit->debug, 0, (int64_t)size);
    } while (count < DIMENSION_LIMIT && die_next(&range));
    return LLVMDIBuilderCreateArrayType(types->unit->debug, 0, 0, element, ranges, count);
}

static LLVMMetadataRef make_enumerator(struct source_types *types, struct die *die)
{
    const char *name = die_name(die);
    uint64_t value = 0;

    die_number(die, DW_AT_const_value, &value);
    return LLVMDIBuilderCreateEnumerator(types->unit->debug, name, name_size(name), (int64_t)value, false);
}

static LLVMMetadataRef convert_enumeration(struct source_types *types, struct die *die, unsigned depth)
{
    const char *name;
    struct buf elements = {0};
    LLVMMetadataRef element, base = convert_target(types, die, depth), result;
    struct die child;

    if (die_child(die, &child))
        do {
            if (die_tag(&child) != DW_TAG_enumerator)
                continue;
            element = make_enumerator(types, &child);
            buf_append(&elements, &element, sizeof(LLVMMetadataRef));
        } while (die_next(&child));
    name = source_types_name(types, die);
    result = LLVMDIBuilderCreateEnumerationType(
        types->unit->debug, types->unit->debug_file, name, name_size(name), types->unit->debug_file, 0, bit_size(die),
        0, (LLVMMetadataRef *)(void *)elements.data, (unsigned)(elements.size / sizeof(LLVMMetadataRef)), base);
    buf_free(&elements);
    return result;
}

static LLVMMetadataRef convert_qualified(struct source_types *types, struct die *die, unsigned depth)
{
    LLVMMetadataRef target = convert_target(types, die, depth);
    const char *name = source_types_name(types, die);

    if (die_tag(die) == DW_TAG_typedef)
        return LLVMDIBuilderCreateTypedef(types->unit->debug, target, name, name_size(name), types->unit->debug_file, 0,
                                          types->unit->debug_file, 0);
    return LLVMDIBuilderCreateQualifiedType(types->unit->debug, (unsigned)die_tag(die), target);
}

static LLVMMetadataRef convert_new(struct source_types *types, struct die *die, unsigned depth)
{
    int tag = die_tag(die);

    if (tag == DW_TAG_base_type)
        return convert_base(types, die);
    if (is_structure(tag))
        return convert_structure(types, die);
    if (is_pointer(tag))
        return make_pointer(types, convert_target(types, die, depth));
    if (tag == DW_TAG_array_type)
        return convert_array(types, die, depth);
    if (tag == DW_TAG_enumeration_type)
        return convert_enumeration(types, die, depth);
    if (is_qualifier(tag))
        return convert_qualified(types, die, depth);
    if (tag == DW_TAG_subroutine_type)
        return types->unit->debug_type;
    return NULL;
}

/* NULL for void, for what debuggers have no use for, and for a type that is only made of itself. */
static LLVMMetadataRef convert(struct source_types *types, struct die *die, unsigned depth)
{
    uint64_t offset = die->offset;
    struct known_type *known = find_known(types->known, types->known_capacity, offset);
    LLVMMetadataRef type;

    if (known->die == offset)
        return known->type;
    if (depth == DEPTH_LIMIT || !die_spend(&types->reader, 1))
        return NULL;
    remember(types, offset, NULL);
    type = convert_new(types, die, depth);
    remember(types, offset, type);
    return type;
}

LLVMMetadataRef source_types_of(struct source_types *types, struct die *die, bool *is_address)
{
    struct die type, bare, target;
    LLVMMetadataRef target_type;

    *is_address = false;
    if (!die_reference(die, DW_AT_type, &type))
        return NULL;
    bare = type;
    if (!find_bare(&bare) || !is_pointer(die_tag(&bare)))
        return convert(types, &type, 0);
    if (die_reference(&bare, DW_AT_type, &target) && find_bare(&target) && die_tag(&target) == DW_TAG_subroutine_type)
        return convert(types, &type, 0);
    *is_address = true;
    target_type = convert_target(types, &bare, 0);
    if (die_tag(&bare) != DW_TAG_pointer_type && target_type)
        return LLVMDIBuilderCreateReferenceType(types->unit->debug, (unsigned)die_tag(&bare), target_type);
    return make_pointer(types, target_type);
}

/* --- members --- */

struct members {
    struct source_types *types;
    LLVMMetadataRef parent;
    struct buf list; /* LLVMMetadataRef */
};

static void add_element(struct members *members, LLVMMetadataRef element)
{
    buf_append(&members->list, &element, sizeof(LLVMMetadataRef));
}

static void add_bit_field(struct members *members, struct die *die, const char *name, LLVMMetadataRef type,
                          uint64_t bits)
{
    struct unit *unit = members->types->unit;
    uint64_t at;

    if (die_number(die, DW_AT_data_bit_offset, &at))
        add_element(members, LLVMDIBuilderCreateBitFieldMemberType(unit->debug, members->parent, name, name_size(name),
                                                                   unit->debug_file, 0, bits, at, at & ~31ull,
                                                                   LLVMDIFlagZero, type));
}

/* Static members have no place in the structure, nor has a base class that is virtual one that is known here. */
static void add_member(struct members *members, struct die *die, const char *name)
{
    struct unit *unit = members->types->unit;
    LLVMMetadataRef type;
    uint64_t at = 0, bits;
    struct die type_die;

    if (die_flag(die, DW_AT_external) || die_flag(die, DW_AT_declaration) || !die_reference(die, DW_AT_type, &type_die))
        return;
    type = convert(members->types, &type_die, 0);
    if (!type)
        return;
    if (die_number(die, DW_AT_bit_size, &bits)) {
        add_bit_field(members, die, name, type, bits);
        return;
    }
    if ((die_has(die, DW_AT_data_member_location) && !die_number(die, DW_AT_data_member_location, &at)) ||
        at > UINT32_MAX)
        return;
    if (die_tag(die) == DW_TAG_inheritance)
        add_element(members,
                    LLVMDIBuilderCreateInheritance(unit->debug, members->parent, type, 8 * at, 0, LLVMDIFlagZero));
    else
        add_element(members,
                    LLVMDIBuilderCreateMemberType(unit->debug, members->parent, name, name_size(name), unit->debug_file,
                                                  0, LLVMDITypeGetSizeInBits(type), 0, 8 * at, LLVMDIFlagZero, type));
}

/* Rust's enums: all variants are members that lie upon one another, beside the number that says which one it is. */
static void add_variants(struct members *members, struct die *part)
{
    struct die child, member;

    if (!die_child(part, &child))
        return;
    do {
        if (die_tag(&child) == DW_TAG_member)
            add_member(members, &child, "discriminant");
        else if (die_tag(&child) == DW_TAG_variant && die_child(&child, &member) && die_tag(&member) == DW_TAG_member)
            add_member(members, &member, die_name(&member));
    } while (die_next(&child));
}

static void add_members(struct members *members, struct die *die)
{
    unsigned count = 0;
    struct die child;

    if (!die_child(die, &child))
        return;
    do {
        switch (die_tag(&child)) {
        case DW_TAG_member:
        case DW_TAG_inheritance:
            add_member(members, &child, die_name(&child));
            break;
        case DW_TAG_variant_part:
            add_variants(members, &child);
            break;
        default:
            break;
        }
    } while (++count < MEMBER_LIMIT && die_next(&child));
}

static LLVMMetadataRef make_structure(struct source_types *types, const struct members *members, struct die *die)
{
    struct unit *unit = types->unit;
    LLVMMetadataRef *list = (LLVMMetadataRef *)(void *)members->list.data;
    unsigned count = (unsigned)(members->list.size / sizeof(LLVMMetadataRef));
    const char *name = source_types_name(types, die);
    LLVMDIFlags flags = die_flag(die, DW_AT_declaration) ? LLVMDIFlagFwdDecl : LLVMDIFlagZero;
    char id[20];
    size_t id_size = (size_t)snprintf(id, sizeof(id), "%lx", die->offset);

    switch (die_tag(die)) {
    case DW_TAG_union_type:
        return LLVMDIBuilderCreateUnionType(unit->debug, unit->debug_file, name, name_size(name), unit->debug_file, 0,
                                            bit_size(die), 0, flags, list, count, 0, id, id_size);
    case DW_TAG_class_type:
        return LLVMDIBuilderCreateClassType(unit->debug, unit->debug_file, name, name_size(name), unit->debug_file, 0,
                                            bit_size(die), 0, 0, flags, NULL, list, count, NULL, NULL, id, id_size);
    default:
        return LLVMDIBuilderCreateStructType(unit->debug, unit->debug_file, name, name_size(name), unit->debug_file, 0,
                                             bit_size(die), 0, flags, NULL, list, count, 0, NULL, id, id_size);
    }
}

static void complete(struct source_types *types, const struct pending_type *pending)
{
    struct members members = {.types = types, .parent = pending->placeholder};
    LLVMMetadataRef structure;
    struct die die;

    source_types_die(types, pending->die, &die); /* it was there before */
    if (!die_flag(&die, DW_AT_declaration))
        add_members(&members, &die);
    structure = make_structure(types, &members, &die);
    buf_free(&members.list);
    LLVMMetadataReplaceAllUsesWith(pending->placeholder, structure);
    remember(types, pending->die, structure);
}

void source_types_finish(struct source_types *types)
{
    struct pending_type pending;

    for (size_t at = 0; at < types->pending.size; at += sizeof(pending)) {
        memcpy(&pending, types->pending.data + at, sizeof(pending)); /* more may come behind it */
        complete(types, &pending);
    }
    types->pending.size = 0;
}
