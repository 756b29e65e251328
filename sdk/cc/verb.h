/* verb.h: the verbs of mewz-cc, one file each. */
#ifndef CC_VERB_H
#define CC_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct command_line;
struct settings;

/* What a verb does with its settings and operands: returns the exit status, or -1 with err set. */
typedef int verb_action(struct settings *settings, const struct command_line *line, struct err *err);

struct verb {
    const char *name;
    const char *summary; /* a line for mewz-cc --help */
    const char *usage;   /* what stands behind the name: "APP.wasm -o OUT [options] [-- ARG...]" */
    const char *help;    /* a paragraph, ending with a newline */
    unsigned options;    /* the bit in struct option's `verbs` */
    const char *operand; /* what the first operand is, in a word: "program" */
    size_t operand_minimum, operand_maximum;
    bool takes_arguments;  /* may have `-- ARG...` */
    void (*prepare)(void); /* before the words are looked at; may be NULL */
    verb_action *action;
};

extern const struct verb verb_new, verb_build, verb_convert, verb_cloud_image, verb_compile, verb_link, verb_run,
    verb_inspect, verb_disk, verb_doctor;

#endif
