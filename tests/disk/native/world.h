/* world.h: the file system on a disk that is memory of this process and that remembers every write, so that the power
 * can be cut wherever one likes. */
#ifndef DISK_WORLD_H
#define DISK_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fs/vfs.h"

extern uint8_t *disk_bytes; /* what a reader sees */
extern size_t disk_size;

/* Nanoseconds that pass whenever the clock is looked at. */
extern uint64_t world_look;

/* The log of what was written since disk_load: the disk may carry out writes between two flushes in any order, or not
 * at all when the power goes. */
size_t disk_log_size(void);

/* From then on writes fail, or reads, or both; counts down from `after` transfers. */
void disk_fail(bool reads, bool writes, size_t after);
void disk_mend(void);

void disk_load(const char *path);
void disk_save(const char *path, const uint8_t *bytes);

struct disk_log;
struct disk_log *disk_take_log(void); /* it begins anew */
void disk_free_log(struct disk_log *log);

/* A place in the log where everything was waiting for a flush. */
size_t disk_flush_point(const struct disk_log *log, uint64_t random);

/* The disk as it may be when the power goes after `entries` of a log: `bytes` gets it. */
void disk_cut(const struct disk_log *log, size_t entries, uint8_t *bytes, uint64_t (*random_number)(void));

/* Starts over with these bytes; nothing may be mounted. */
void disk_restart(const uint8_t *bytes);

/* Takes from the caches all that they can give back, and leaves no more than that many pages; and the memory back. */
void world_take_memory(size_t left);
void world_give_memory(void);

/* Mounts, or says why not and returns NULL. */
struct vfs_node *world_mount(bool read_only);

#endif
