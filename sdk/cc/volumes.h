/* volumes.h: what the command line says about files: folders that go into the image, and storage that outlives the
 * machine, host folders and disks. */
#ifndef CC_VOLUMES_H
#define CC_VOLUMES_H

#include "base/arena.h"
#include "base/err.h"
#include "cc/options.h"
#include "link/tree.h"
#include "machine/machine.h"

/* The options as they were given. */
struct volume_options {
    struct option_list dirs;   /* HOST:GUEST[:ro] */
    struct option_list mounts; /* HOST:GUEST[:ro] */
    struct option_list disks;  /* FILE:GUEST[:ro] */
    uint64_t tmp_max;          /* bytes; 0 for the default */
};

/* The machine's part of them, and how many they are. */
struct volumes {
    struct machine_share *shares;
    size_t share_count;
    struct machine_disk *disks;
    size_t disk_count;
    struct tree_folder *folders; /* of the image */
    size_t folder_count;
};

/* --dir and --tmp-max: for a kernel the folders go into its image; a process is told by its settings what to open. */
int volumes_parse_dirs(const struct volume_options *options, const char *verb, bool is_kernel, struct volumes *volumes,
                       const char *const **settings, struct arena *arena, struct err *err);

/* `for_later`: the program is built, not run, and what stands for HOST or FILE is the device's own name, which for a
 * disk may be empty: the first that has a file system. Sets the machine's part, and adds the program's to its settings
 * (mewz/config.h): `*settings`, NULL-terminated or NULL, is replaced by a longer list on the arena. Fails with
 * EXIT_USAGE where a value is not of its form. */
int volumes_parse(const struct volume_options *options, const char *verb, bool for_later, struct volumes *volumes,
                  const char *const **settings, struct arena *arena, struct err *err);

/* Whether what a machine is to share is there, by the options' names: before anything is compiled for it. */
int volumes_check(const struct volumes *volumes, struct err *err);

#endif
