/* modules.h: from a program's modules to its object.
 *
 * The first module is the program; the others are what it imports from, by their names: NAME of the operand NAME=FILE,
 * or else the file's name without folder and ending. A module can stand in for one of the system's. */
#ifndef CC_MODULES_H
#define CC_MODULES_H

#include "cc/driver.h"

#define MODULES_MAX 1000

/* Decodes, validates, binds and compiles the driver's inputs to one object at `path`. With `will_link`, an import that
 * the target lacks is an error here already: compiling may take long. */
int modules_compile(const struct driver *driver, bool will_link, const char *path, struct err *err);

/* Decodes and validates one input. */
int modules_decode(const struct driver *input, struct wasm_module *module, struct arena *arena, struct err *err);

/* Splits an operand into the module's name, on the arena, and the file's. */
const char *modules_name(const char *operand, const char **file, struct arena *arena);

#endif
