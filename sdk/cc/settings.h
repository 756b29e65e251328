/* settings.h: what the command line of any verb can set, and what follows from it. */
#ifndef CC_SETTINGS_H
#define CC_SETTINGS_H

#include "cc/driver.h"
#include "cc/network.h"
#include "cc/options.h"
#include "cc/volumes.h"

/* The bits of struct option's `verbs`. */
enum {
    SETTINGS_BUILD = 1,
    SETTINGS_COMPILE = 2,
    SETTINGS_LINK = 4,
    SETTINGS_RUN = 8,
    SETTINGS_INSPECT = 16,
    SETTINGS_DOCTOR = 32,
    SETTINGS_CONVERT = 64,
    SETTINGS_DISK = 128,
    SETTINGS_NEW = 256,
    SETTINGS_CLOUD = 512,
};

struct settings {
    struct arena arena; /* of what the words became, and for what a verb makes of them */

    const char *output;
    const char *format; /* NULL where the output's ending is to say it */
    uint64_t disk_size; /* bytes; 0 for the smallest */
    const char *disk_label;
    const char *reference; /* of a container image */
    bool oci_wasm;
    const char *sbom;
    const char *target;
    unsigned optimise;
    const char *cpu;
    uint64_t memory_max; /* bytes; 0 for what the module says */
    bool debug;
    bool allow_missing;
    bool no_cache;
    struct option_list import_objects;
    const char *trace;
    struct option_list env;
    struct network_options network;
    struct volume_options volume_options;
    const char *const *program_settings; /* of them, as mewz/config.h has them; NULL for none */
    bool verbose;
    bool json;
    bool containerd; /* of `doctor` */

    bool sizes; /* of `inspect` */
    const char *function;

    const char *cloud;             /* of `cloud-image` */
    const char *template;          /* of `new` */
    const char *file_system_label; /* of `disk` */

    /* of `run` */
    uint64_t memory_mib; /* 0 for the default */
    const char *accel, *machine, *firmware;
    uint64_t gdb_port;
    const char *monitor;
    uint64_t metrics_interval; /* seconds, or 0 */
    const char *profile;       /* the file that gets the flame graph, or NULL */
    struct volumes volumes;
};

/* Parses the words behind a verb; unset settings get their defaults. Then does the verb's action, unless --help came.
 * Returns the exit status, or -1 with err set. */
int settings_run(const struct verb *verb, char **argv, struct err *err);

/* Opens the driver for the first operand. Fails with EXIT_USAGE where the settings make no sense, and where the
 * output would replace the input. The caller closes the driver. */
int settings_open_driver(const struct settings *settings, const struct command_line *line, struct driver *driver,
                         struct err *err);

/* Says that the ending of `output` is no format's. Always returns -1. */
int settings_refuse_ending(const char *verb, const char *output, struct err *err);

/* One of the driver's functions that write a stage's result. */
typedef int driver_write(const struct driver *driver, const char *path, struct err *err);

/* Has it write the output, which appears only if it succeeds. Says on stdout what it is where --json came. */
int settings_write_output(const struct settings *settings, const struct driver *driver, driver_write *write,
                          struct err *err);

#endif
