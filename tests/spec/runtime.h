/* runtime.h: what execute.mjs generates for a module: its assertions as data. */
#ifndef SPEC_RUNTIME_H
#define SPEC_RUNTIME_H

#include <stdint.h>

enum spec_kind { SPEC_INVOKE, SPEC_RETURN, SPEC_TRAP };

/* How a result may look. A value takes 8 bytes, the upper ones zero. */
enum spec_match {
    SPEC_BITS,
    SPEC_CANONICAL_32,
    SPEC_CANONICAL_64,
    SPEC_ARITHMETIC_32,
    SPEC_ARITHMETIC_64,
    SPEC_NOT_NULL
};

struct spec_result {
    enum spec_match match;
    uint64_t bits;
};

struct spec_command {
    int line; /* in the script */
    enum spec_kind kind;
    void (*call)(const uint64_t *args, uint64_t *results);
    const uint64_t *args;
    const struct spec_result *results;
    int result_count;
    const char *text; /* of the trap */
};

extern const struct spec_command spec_commands[];
extern const int spec_command_count;
extern const char *const spec_instantiate_trap; /* instantiation ends in this trap, or NULL */

#endif
