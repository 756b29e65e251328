/* runtime.h: what execute.mjs generates for a script: its instances and commands as data. */
#ifndef SPEC_RUNTIME_H
#define SPEC_RUNTIME_H

#include <stdint.h>

#include <mewz/abi.h>

enum spec_kind { SPEC_INSTANTIATE, SPEC_INVOKE, SPEC_RETURN, SPEC_TRAP };

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

/* One of several ways a command may end. */
struct spec_outcome {
    const struct spec_result *results;
    int count; /* lanes count one by one */
};

struct spec_command {
    int line; /* in the script */
    enum spec_kind kind;
    const struct mewz_program *program;                    /* SPEC_INSTANTIATE */
    void (*call)(const uint64_t *args, uint64_t *results); /* others */
    const uint64_t *args;
    const struct spec_outcome *outcomes; /* SPEC_RETURN */
    int outcome_count;
    const char *text; /* of the trap: SPEC_TRAP; SPEC_INSTANTIATE, where NULL means that it succeeds */
};

/* Instances that share what can change, and the commands about them in the order of the script. */
struct spec_group {
    const struct mewz_program *const *programs;
    int program_count;
    const struct spec_command *commands;
    int command_count;
};

extern const struct spec_group spec_groups[];
extern const int spec_group_count;

#endif
