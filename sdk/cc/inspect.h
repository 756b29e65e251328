/* inspect.h: the parts of mewz-cc inspect, each printing on stdout what a kind of file has in it. */
#ifndef CC_INSPECT_H
#define CC_INSPECT_H

#include <cjson/cJSON.h>

#include "base/arena.h"
#include "base/elf.h"
#include "base/err.h"
#include "base/file.h"
#include "cc/driver.h"
#include "link/archive.h"
#include "link/program_code.h"
#include "wasm/module.h"

/* The SDK's systems, to tell which has an import. */
#define INSPECT_SYSTEM_COUNT 2
struct inspect_systems {
    struct archive archives[INSPECT_SYSTEM_COUNT];
};

/* A linked program, which the input is, has in it, or becomes. */
struct inspect_program {
    struct file linked; /* what was linked for this, if anything */
    struct elf elf;
    struct program_code code; /* of at least one function */
};
int inspect_open_program(struct inspect_program *program, const struct driver *driver, struct arena *arena,
                         struct err *err);
void inspect_close_program(struct inspect_program *program);

/* What --function says: a module's function, by its name or index, instruction by instruction, and the native code
 * that each became. The driver's options have locate_all (llvm/compile.h). */
int inspect_function(const struct driver *driver, const struct wasm_module *module, const char *function,
                     struct arena *arena, struct err *err);

/* What --sizes says: of a module its sections, of any program its functions by their size as native code. What is not
 * linked yet is compiled and linked for that. `module` is the input where it is one, else NULL. */
int inspect_sizes(const struct driver *driver, const struct wasm_module *module, struct arena *arena, struct err *err);

/* A module's sections. */
void inspect_sections(const struct wasm_module *module, struct arena *arena);

/* A decoded and validated module. */
void inspect_module(const struct wasm_module *module, const struct inspect_systems *systems, struct arena *arena);

/* An object of mewz-cc compile. */
int inspect_object(const char *path, const struct elf *object, const struct inspect_systems *systems,
                   struct arena *arena, struct err *err);

/* A linked program. `offset` is where the ELF file lies in an image of `image_size` bytes, or 0. */
void inspect_executable(const char *path, const struct elf *executable, size_t offset, size_t image_size,
                        struct arena *arena);

/* What inspect finds goes to stdout as lines, or with --json as one object. Each part says both; the one that is not
 * wanted is dropped. */

/* Prints one fact: a label in a column of its own, then the text. */
void inspect_print(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets a member of the object, or appends to one that is a list. They take `value` over. */
void inspect_set(const char *key, cJSON *value);
void inspect_append(const char *key, cJSON *value);
void inspect_append_strings(const char *key, const char *const *strings);

/* A short object such as {"code": 1, "data": 2}: pairs of a key and a number (uint64_t), then NULL. */
cJSON *inspect_numbers(const char *key, ...) __attribute__((sentinel));

/* Prints an import's line: its name, its type (NULL where it is not known), and which systems have it. */
void inspect_print_import(const char *symbol, const char *type, const struct inspect_systems *systems,
                          struct arena *arena);

/* The text with what would move a terminal's cursor replaced; on the arena. */
const char *inspect_printable(const char *bytes, size_t size, struct arena *arena);

#endif
