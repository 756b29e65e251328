/* unstable.h: the functions of wasi_unstable, preview 1's first version, that differ from wasi_snapshot_preview1's
 * (https://github.com/WebAssembly/WASI, phases/old/snapshot_0). All others are the same ones (mewz/wasi.def). */
#ifndef WASI_UNSTABLE_H
#define WASI_UNSTABLE_H

#include <stdint.h>

#include "wasi/types.h"

#define UNSTABLE(name) __asm__("wasi_unstable." #name)

/* unstable_stat.c, unstable_path.c: 32 bits for the number of links. */
uint32_t wasi_unstable_fd_filestat_get(uint32_t fd, uint32_t stat) UNSTABLE(fd_filestat_get);
uint32_t wasi_unstable_path_filestat_get(uint32_t fd, uint32_t lookup, uint32_t path, uint32_t size, uint32_t stat)
    UNSTABLE(path_filestat_get);
/* unstable_seek.c: other numbers for whence. */
uint32_t wasi_unstable_fd_seek(uint32_t fd, uint64_t offset, uint32_t whence, uint32_t position) UNSTABLE(fd_seek);
/* poll.c: a clock's subscription has a second name for itself. */
uint32_t wasi_unstable_poll_oneoff(uint32_t subscriptions, uint32_t events, uint32_t count, uint32_t done)
    UNSTABLE(poll_oneoff);

enum unstable_whence { UNSTABLE_WHENCE_CUR = 0, UNSTABLE_WHENCE_END = 1, UNSTABLE_WHENCE_SET = 2 };

struct unstable_filestat {
    uint64_t device;
    uint64_t inode;
    uint8_t filetype;
    uint8_t padding[3];
    uint32_t link_count;
    uint64_t size;
    uint64_t access_time;
    uint64_t modify_time;
    uint64_t change_time;
};

struct unstable_subscription {
    uint64_t userdata;
    uint8_t type;
    uint8_t padding1[7];
    union {
        struct {
            uint64_t identifier;
            uint32_t id;
            uint32_t padding1;
            uint64_t timeout;
            uint64_t precision;
            uint16_t flags;
            uint8_t padding2[6];
        } clock;
        uint32_t fd;
    };
};

_Static_assert(sizeof(struct unstable_filestat) == 56, "filestat");
_Static_assert(sizeof(struct unstable_subscription) == 56, "subscription");

/* Writes a stat to linear memory in the older structure. */
uint32_t unstable_write_stat(uint32_t address, const struct wasi_filestat *stat);

#endif
