/* mewz-cc link: from an object to an executable. */
#include "cc/settings.h"

static const char help[] = "Links an object of mewz-cc compile with its system: the result is a kernel for QEMU\n"
                           "and other hypervisors, or with --target x86_64-linux a static executable. ld.lld by\n"
                           "hand does the same (pkg-config --libs mewz), without arguments and environment.\n";

static int link_to_output(struct settings *settings, const struct command_line *line, struct err *err)
{
    struct driver driver;
    int result;
    if (settings_open_driver(settings, line, &driver, err) != 0)
        return -1;
    if (driver.kind == INPUT_OBJECT)
        result = settings_write_output(settings, &driver, driver_write_executable, err);
    else
        result = err_set(err, "%s: not an object: mewz-cc compile makes one, mewz-cc build does both", driver.input);
    driver_close(&driver);
    return result;
}

const struct verb verb_link = {
    .name = "link",
    .summary = "link an object with its system",
    .usage = "APP.o -o APP.elf [options] [-- ARG...]",
    .help = help,
    .options = SETTINGS_LINK,
    .operand = "object",
    .operand_minimum = 1,
    .operand_maximum = 1,
    .takes_arguments = true,
    .action = link_to_output,
};
