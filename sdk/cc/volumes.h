/* volumes.h: what the command line says about storage that outlives the machine: host folders and disks. */
#ifndef CC_VOLUMES_H
#define CC_VOLUMES_H

#include "base/arena.h"
#include "base/err.h"
#include "cc/options.h"
#include "machine/machine.h"

/* The options as they were given. */
struct volume_options {
    struct option_list mounts; /* HOST:GUEST[:ro] */
    struct option_list disks;  /* FILE:GUEST[:ro] */
};

/* The machine's part of them, and how many they are. */
struct volumes {
    struct machine_share *shares;
    size_t share_count;
    struct machine_disk *disks;
    size_t disk_count;
};

/* Sets the machine's part, and adds the program's to its settings (mewz/config.h): `*settings`, NULL-terminated or
 * NULL, is replaced by a longer list on the arena. Fails with EXIT_USAGE where a value is not of its form. */
int volumes_parse(const struct volume_options *options, const char *verb, struct volumes *volumes,
                  const char *const **settings, struct arena *arena, struct err *err);

#endif
