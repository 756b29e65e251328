/* mewz-cc compile: from a program to the object that belongs to no operating system. */
#include "cc/modules.h"
#include "cc/settings.h"

static const char help[] = "Compiles a WebAssembly module (in binary or text format) to an ELF object for x86-64.\n"
                           "It belongs to no operating system: its imports are undefined symbols, and whatever\n"
                           "defines them can be its system. mewz-cc link and mewz-cc build take it.\n";

static int compile(struct settings *settings, const struct command_line *line, struct err *err)
{
    struct driver driver;
    if (settings_open_driver(settings, line, &driver, err) != 0)
        return -1;
    int result = settings_write_output(settings, &driver, driver_write_object, err);
    driver_close(&driver);
    return result;
}

const struct verb verb_compile = {
    .name = "compile",
    .summary = "compile a program to an object for any system",
    .usage = "APP.wasm|APP.wat [[NAME=]LIB.wasm...] -o APP.o [options]",
    .help = help,
    .options = SETTINGS_COMPILE,
    .operand = "program",
    .operand_minimum = 1,
    .operand_maximum = MODULES_MAX,
    .action = compile,
};
