/* options.h: one parser for the command lines of all verbs, driven by a table a verb.
 *
 * Options and operands may come in any order. `--long VALUE` and `--long=VALUE`, `-s VALUE` and `-sVALUE` are the same.
 * `--` ends them; what follows are the arguments of the program. Where an option that holds one value comes twice, the
 * last one counts. */
#ifndef CC_OPTIONS_H
#define CC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "cc/verb.h"

struct option_list {      /* of OPTION_LIST */
    const char **strings; /* NULL-terminated; NULL if the option did not come */
    size_t count;
};

enum option_kind {                     /* the type of the value */
                   OPTION_FLAG,        /* bool */
                   OPTION_STRING,      /* const char * */
                   OPTION_REQUIRED,    /* the same, and must come */
                   OPTION_CHOICE,      /* const char *: one of the NULL-terminated list `limits` */
                   OPTION_LIST,        /* struct option_list: one more string each time */
                   OPTION_ASSIGNMENTS, /* the same, each as NAME=VALUE */
                   OPTION_NUMBER,      /* uint64_t, within the struct option_range `limits` */
                   OPTION_SIZE,        /* uint64_t: bytes, as 65536, 64K, 16MiB, 1G */
                   OPTION_LEVEL,       /* unsigned: the digit of -O2, within the struct option_range `limits` */
};

struct option_range {
    uint64_t minimum, maximum;
};

struct option {
    unsigned verbs;       /* bit set of those that have it */
    const char *name;     /* "-o", "--target" */
    const char *argument; /* what the help calls its value; NULL for a flag */
    enum option_kind kind;
    size_t offset; /* of its value in the struct that `values` points to */
    const void *limits;
    const char *help; /* a line */
};

struct command_line {
    const struct verb *verb;
    const struct option *options;
    size_t option_count;
    void *values;

    /* filled in: */
    const char **operands; /* operand_count of them */
    size_t operand_count;
    const char *const *arguments; /* behind `--`, NULL-terminated; NULL without `--` */
    bool wants_help;              /* --help came, and is answered: there is nothing left to do */
};

/* What an option is called where there are no dashes, in mewz.toml; NULL for one that has only a letter. */
const char *option_key(const struct option *option);

/* Parses what follows the verb. What it fills in lies on the arena or points into `argv`. Fails with EXIT_USAGE. */
int options_parse(struct command_line *line, char **argv, struct arena *arena, struct err *err);

/* Whether the words have an operand, or anything that options_parse should answer at once: help, or a mistake. */
bool options_have_operand(const struct command_line *line, char **argv);

/* The value that the last option of that name has among the words, or NULL. */
const char *options_find_value(const struct command_line *line, char **argv, const char *name);

/* A size as OPTION_SIZE has it; false if the text is not one. */
bool options_parse_size(const char *text, uint64_t *size);

#endif
