/* mewz-cc build: from a program to something that starts. */
#include <string.h>

#include "cc/modules.h"
#include "cc/settings.h"

static const char help[] = "Compiles a WebAssembly program (a module in binary or text format, or an object of\n"
                           "mewz-cc compile) and links it with its system. The result is a disk image that boots\n"
                           "by BIOS and UEFI (raw, qcow2, iso, vmdk, vhd, vhdx), a kernel for QEMU and other\n"
                           "hypervisors (elf), a container image with that kernel (oci), or with --target\n"
                           "x86_64-linux a static executable. Arguments and environment are baked in; mewz-cc run\n"
                           "can replace them. Further modules are those that the program imports from, by NAME or\n"
                           "the name of the file.\n";

/* The format that was asked for, or else that of the output's ending; for Linux there is only one. */
static const char *choose_format(const struct settings *settings, struct err *err)
{
    const struct link_target *target = link_target_find(settings->target);
    const char *format = settings->format ? settings->format : package_format_of_ending(settings->output);
    if (!format && !target->is_kernel)
        format = "elf";
    if (!format)
        settings_refuse_ending("build", settings->output, err);
    else if (!target->is_kernel && strcmp(format, "elf") != 0)
        err_set_status(err, EXIT_USAGE, "build: %s has no format %s, only elf", target->name, format);
    else if (settings->oci_wasm && settings->sbom)
        err_set_status(err, EXIT_USAGE, "build: --sbom is for what is compiled, which --oci-wasm leaves to others");
    else if (settings->oci_wasm && strcmp(format, "oci") != 0)
        err_set_status(err, EXIT_USAGE, "build: --oci-wasm is for --format oci, not %s", format);
    return err->set ? NULL : format;
}

static int build(struct settings *settings, const struct command_line *line, struct err *err)
{
    struct driver driver;
    const char *format = choose_format(settings, err);
    if (!format || settings_open_driver(settings, line, &driver, err) != 0)
        return -1;
    driver.package.format = format;
    int result = settings_write_output(settings, &driver, driver_write_package, err);
    driver_close(&driver);
    return result;
}

const struct verb verb_build = {
    .name = "build",
    .summary = "make a disk image, a kernel or a Linux executable of a program",
    .usage = "APP.wasm|APP.wat|APP.o [[NAME=]LIB.wasm...] -o OUT [options] [-- ARG...]",
    .help = help,
    .options = SETTINGS_BUILD,
    .operand = "program",
    .operand_minimum = 1,
    .operand_maximum = MODULES_MAX,
    .takes_arguments = true,
    .action = build,
};
