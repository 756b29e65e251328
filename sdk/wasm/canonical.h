/* canonical.h: which function types of a module are the same type (section 3.2.2).
 *
 * Each type is added when it has been decoded, in the order of the indices. Types are equal if their parameters and
 * results are, which are compared as numbers, since what they refer to has been replaced by its first equal already;
 * a type's reference to itself is equal to another's to itself. A recursion group of several types would be added as
 * a whole in the same way. */
#ifndef WASM_CANONICAL_H
#define WASM_CANONICAL_H

#include "wasm/module.h"

struct canonical_set {
    struct wasm_module *module;
    uint32_t *slots; /* type index plus one, or 0 for free: an open hash table */
    uint32_t mask;
    uint64_t seed;
};

/* For a module whose type_count is known. */
void canonical_init(struct canonical_set *set, struct wasm_module *module, struct arena *arena);

/* Sets canonical[index]; and makes the type itself that of the first one where there is an equal one. */
void canonical_add(struct canonical_set *set, uint32_t index);

#endif
