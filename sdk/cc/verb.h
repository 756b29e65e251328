/* verb.h: the verbs of mewz-cc, one file each. */
#ifndef CC_VERB_H
#define CC_VERB_H

#include "base/err.h"

struct verb {
    const char *name;
    const char *summary; /* a line for mewz-cc --help */

    /* Does the work for the words behind the verb. Returns the exit status, or -1 with err set. */
    int (*run)(char **argv, struct err *err);
};

extern const struct verb verb_new, verb_build, verb_convert, verb_cloud_image, verb_compile, verb_link, verb_run,
    verb_inspect, verb_disk, verb_doctor;

#endif
