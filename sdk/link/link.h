/* link.h: from objects to an executable for one of the SDK's systems. */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/elf.h"
#include "base/err.h"
#include "link/tree.h"

/* A system that programs can be linked for. Its files are in lib/NAME/: libmewz.a and link.ld. */
struct link_target {
    const char *name; /* "x86_64-mewz", "x86_64-linux" */
    bool is_kernel;   /* the result is a kernel that machines boot, not a process */
};
const struct link_target *link_target_find(const char *name); /* NULL where there is none */

/* Arguments, environment and settings as mewz/config.h has them. A NULL list means: this part is absent. */
struct link_config {
    const char *const *args; /* NULL-terminated */
    const char *const *env;
    const char *const *settings;
};
void link_config_encode(const struct link_config *config, struct buf *out);

/* What is baked into an executable of link_program: lists on the heap of `arena`. False where there is nothing. */
bool link_config_find(const struct elf *elf, struct arena *arena, struct link_config *config);

struct link_options {
    const struct link_target *target;
    const char *name; /* of the program in messages: the wasm file, or the object itself */
    struct link_config config;
    const char *const *objects;        /* more of them, which may define imports; NULL-terminated, or NULL */
    bool trace_wasi;                   /* tell each call of WASI on the program's stderr */
    bool profile;                      /* count where the program spends its time (mewz/profile.h) */
    bool allow_missing;                /* imports that the system lacks become traps when called */
    bool verbose;                      /* print the sizes by subsystem on stderr */
    bool debug;                        /* keep debug information */
    const struct tree_folder *folders; /* that go into a kernel's image */
    size_t folder_count;
};

/* Fails, naming them all, where the target lacks one of the imports and the options do not make it a trap:
 * `app.wasm: import wasi_snapshot_preview1.sock_accept: x86_64-mewz does not have it yet`. The list of symbols (of
 * wasm_import_symbol) ends with NULL; those that the target has are taken out of it. */
int link_check_imports(const char **imports, const struct link_options *options, struct err *err);

/* Links `object` with the target's archive and writes the ELF executable to `path`. Checks its imports first. */
int link_program(const char *object, const struct link_options *options, const char *path, struct err *err);

#endif
