/* runtime.h: what execute.mjs generates for a script: its modules and their assertions as data. */
#ifndef SPEC_RUNTIME_H
#define SPEC_RUNTIME_H

#include <stdint.h>

#include <mewz/abi.h>

enum spec_kind { SPEC_INVOKE, SPEC_RETURN, SPEC_TRAP };

/* How a result, or a lane of one, may look. */
enum spec_match {
    SPEC_BITS_32,
    SPEC_BITS_64,
    SPEC_CANONICAL_32,
    SPEC_CANONICAL_64,
    SPEC_ARITHMETIC_32,
    SPEC_ARITHMETIC_64,
    SPEC_NOT_NULL
};

/* A value takes 16 bytes, in the arguments and in the results; the upper ones of a smaller one are zero. */
struct spec_result {
    enum spec_match match;
    uint32_t offset; /* in the results, in bytes */
    uint64_t bits;
};

struct spec_command {
    int line; /* in the script */
    enum spec_kind kind;
    void (*call)(const uint64_t *args, uint64_t *results);
    const uint64_t *args;
    const struct spec_result *results;
    int result_count; /* lanes count one by one */
    const char *text; /* of the trap */
};

struct spec_module {
    int line; /* in the script */
    const struct mewz_program *program;
    const struct spec_command *commands;
    int command_count;
    const char *trap; /* instantiation ends in this one, or NULL */
};

extern const struct spec_module spec_modules[];
extern const int spec_module_count;

#endif
