/* bind.h: several modules in one program: what each import stands for, and whether it may (core specification, sections
 * 3.5.1 and 4.7.2). */
#ifndef WASM_BIND_H
#define WASM_BIND_H

#include "base/arena.h"
#include "base/buf.h"
#include "wasm/module.h"

struct wasm_instance;

/* What an import stands for: the definition `index`, in the index space of its kind, of an instance. A memory or table
 * that no module provides is the importing instance's own. */
struct wasm_binding {
    const struct wasm_instance *instance; /* NULL: the system provides it */
    uint32_t index;
};

/* A module as a part of a program. */
struct wasm_instance {
    const struct wasm_module *module; /* validated */
    const char *label;     /* tells its symbols from those of others (llvm/symbols.h); NULL for the main module */
    bool is_shared;        /* other instances may import what it exports */
    bool has_tail_calls;   /* some module of the program: then all functions are called so (llvm/unit.h) */
    bool can_throw;        /* some module of the program, or of what it calls */
    uint32_t fixed_memory; /* the memory that lies at mewz_memory (abi.h), or WASM_NO_INDEX */
    struct wasm_binding *bindings;    /* one an import of the module */
    const struct wasm_instance *next; /* a program's list: the main module, and the others as they are instantiated */
};

/* The instance that an import's module name stands for, or NULL for the system. */
typedef const struct wasm_instance *wasm_find_instance(void *context, struct wasm_name name);

/* Makes instance->bindings, on the arena: each to what the instance found exports under that name, which may be an
 * import there. Fails on an "unknown import". */
int wasm_bind_names(struct wasm_instance *instance, wasm_find_instance *find, void *context, struct arena *arena,
                    struct err *err);

/* Follows the bindings through all instances that only pass an import on, once their names are bound; and fails where
 * a definition has not the type that the import declares: "incompatible import type". A memory or table may still grow
 * to the size that an import asks for, so sizes are checked by `wasm_bind_sizes`, and at instantiation. */
int wasm_bind_types(struct wasm_instance *instance, struct err *err);
int wasm_bind_sizes(const struct wasm_instance *instance, struct err *err);

/* The binding of an entity's import, which is NULL for what a module defines: then so is the result. */
const struct wasm_binding *wasm_binding_of(const struct wasm_instance *instance, const struct wasm_import *import);

/* Whether exceptions may come from a module that is bound: it has some, or calls what nobody knows. */
bool wasm_may_throw(const struct wasm_instance *instance, struct arena *arena);

/* Appends a text that function types of any modules have in common if they are the same type. Returns false if the
 * text would be unreasonably long: types may refer to types, and the text spells these out. */
bool wasm_type_identity(const struct wasm_module *module, uint32_t type_index, struct buf *text);

#endif
