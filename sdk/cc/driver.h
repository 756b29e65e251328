/* driver.h: the stages of a build in order: source, wasm bytes, module, object, executable, image.
 *
 * Each function goes from the input to the stage in its name, through all that lie between, and writes its result
 * to `path`. The verbs decide where that is, and whether it appears. */
#ifndef CC_DRIVER_H
#define CC_DRIVER_H

#include <stdbool.h>

#include "base/err.h"
#include "base/file.h"
#include "link/link.h"
#include "llvm/compile.h"

/* What a file is by its first bytes, and where these do not say, by the ending of its name. */
enum file_kind {
    FILE_WASM, /* also what is nothing else: decoding it says what is wrong */
    FILE_TEXT, /* the text format */
    FILE_OBJECT,
    FILE_KERNEL, /* an ELF executable that a machine boots */
    FILE_PROCESS,
    FILE_IMAGE, /* a raw disk image with a kernel in it */
};
int driver_file_kind(const char *path, enum file_kind *kind, struct err *err);

struct driver {
    const char *input;
    struct compile_options compile;
    struct link_options link;     /* but for the arguments in its config */
    const char *const *arguments; /* of the program, behind its name; NULL for none */
    bool verbose;                 /* what each stage takes, on stderr */
};

/* The input's bytes; of text those of the module that it says. The caller closes the file. */
int driver_read_source(const struct driver *driver, enum file_kind kind, struct file *file, struct err *err);

int driver_write_object(const struct driver *driver, const char *path, struct err *err);
int driver_write_executable(const struct driver *driver, const char *path, struct err *err);
int driver_write_image(const struct driver *driver, const char *path, struct err *err);

/* A program's name and then `arguments`, which may be NULL, as one NULL-terminated list. */
const char *const *driver_join_args(const char *name, const char *const *arguments, struct arena *arena);

#endif
