/* source_types.h: the types of the source code, from the module's DWARF to LLVM's metadata.
 *
 * A pointer in linear memory has four bytes, and counts from the start of linear memory: debuggers show it, and cannot
 * follow it. One that is a variable of its own is told to them as an address (variables.h), and for the others units
 * define a macro, wasm(pointer).
 *
 * Each unit has its own types, and only those that its variables lead to. */
#ifndef LLVM_SOURCE_TYPES_H
#define LLVM_SOURCE_TYPES_H

#include "llvm/source_dies.h"
#include "llvm/unit.h"

struct source_types;

struct source_types *source_types_new(struct unit *unit);
void source_types_free(struct source_types *types);

/* The DIE at that offset of .debug_info; false where there is none. */
bool source_types_die(struct source_types *types, uint64_t offset, struct die *die);

/* The type of what the DIE describes, NULL for void; *is_address is set where it is a pointer to data or a reference,
 * as debuggers follow it. */
LLVMMetadataRef source_types_of(struct source_types *types, struct die *die, bool *is_address);

/* Completes structures: called once, after the last variable. */
void source_types_finish(struct source_types *types);

/* A DIE's name as the language has it, with the namespaces and classes that it is in. It holds until the next call. */
const char *source_types_name(struct source_types *types, struct die *die);

#endif
