/* mewz-cc convert: from one image to another, or to the kernel in it. */
#include "base/arena.h"
#include "cc/settings.h"

static const char help[] = "Makes an image of another format or size from an image or a kernel. The result is the\n"
                           "same as if mewz-cc build had made it.\n";

static int write_converted(const struct driver *driver, const char *path, struct err *err)
{
    struct temp_dir temp;
    struct arena arena = {0};
    if (temp_dir_make(&temp, err) != 0)
        return -1;
    const char *kernel = arena_printf(&arena, "%s/program.elf", temp.path);
    int result = driver_write_kernel(driver, kernel, err);
    if (result == 0)
        result = package_kernel(&driver->package, kernel, path, err);
    temp_dir_remove(&temp);
    arena_free(&arena);
    return result;
}

static int convert(struct settings *settings, const struct command_line *line, struct err *err)
{
    struct driver driver;
    const char *format = settings->format ? settings->format : package_format_of_ending(settings->output);
    if (!format)
        return settings_refuse_ending("convert", settings->output, err);
    if (settings_open_driver(settings, line, &driver, err) != 0)
        return -1;
    driver.package.format = format;
    int result = settings_write_output(settings, &driver, write_converted, err);
    driver_close(&driver);
    return result;
}

const struct verb verb_convert = {
    .name = "convert",
    .summary = "make an image of another format",
    .usage = "IMAGE|ELF -o OUT [options]",
    .help = help,
    .options = SETTINGS_CONVERT,
    .operand = "image",
    .operand_minimum = 1,
    .operand_maximum = 1,
    .action = convert,
};
