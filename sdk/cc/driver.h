/* driver.h: the stages of a build in order: source, wasm bytes, module, object, executable, image.
 *
 * Each function goes from the input to the stage in its name, through all that lie between, and writes its result
 * to `path`. The verbs decide where that is, and whether it appears. */
#ifndef CC_DRIVER_H
#define CC_DRIVER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "cc/package.h"
#include "link/link.h"
#include "llvm/compile.h"

/* What a file is by its content. */
enum input_kind {
    INPUT_WASM, /* also what is nothing else: decoding it says what is wrong */
    INPUT_OBJECT,
    INPUT_KERNEL,  /* an ELF executable that a machine boots */
    INPUT_PROCESS, /* any other ELF executable */
    INPUT_IMAGE,   /* a disk image with a kernel in it */
};

struct driver {
    const char *input;       /* the file's name */
    const char *module_name; /* under which the program's other modules import from it (modules.h) */
    enum input_kind kind;
    struct file file; /* its bytes; of the text format those of the module that it says, of an image the raw disk's */
    const struct image_format *image; /* the image's format; NULL where it is none */

    struct driver *others; /* other_count further modules of the program; of them only what stands above counts */
    size_t other_count;
    struct arena arena; /* of the inputs' names and `others` */

    struct compile_options compile;
    struct link_options link;     /* but for the arguments in its config */
    const char *const *arguments; /* of the program, behind its name; NULL for none */
    struct package package;       /* what driver_write_package writes */
    bool no_cache;                /* compile also what was compiled before (object_cache.h) */
    bool verbose;                 /* what each stage takes, on stderr */
};

/* Reads the inputs, once, since they may be pipes. The other members are set already. */
int driver_open(struct driver *driver, struct err *err);
void driver_close(struct driver *driver);

/* Fail where the input is past that stage already. */
int driver_write_object(const struct driver *driver, const char *path, struct err *err);
int driver_write_executable(const struct driver *driver, const char *path, struct err *err);
int driver_write_package(const struct driver *driver, const char *path, struct err *err);

/* The kernel that is in the input, which is a kernel or an image. */
int driver_write_kernel(const struct driver *driver, const char *path, struct err *err);

/* For -v: the time, and what a stage that began then took. */
double driver_now(void);
void driver_tell(const struct driver *driver, const char *stage, double start);

/* A program's name without its folder, and then `arguments`, which may be NULL, as one NULL-terminated list. */
const char *const *driver_join_args(const char *name, const char *const *arguments, struct arena *arena);

#endif
