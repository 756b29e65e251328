/* mewz-cc cloud-image: the file that a cloud imports, and how to bring it there. */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/text.h"
#include "cc/settings.h"
#include "image/cloud.h"

static const char help[] = "Writes an image in exactly the shape that a cloud's import takes to a folder, checks it,\n"
                           "and prints the commands of the provider's own program that bring it there and start it.\n"
                           "docs/clouds.md says what runs where.\n";

static int write_cloud(const struct driver *driver, const char *path, struct err *err)
{
    struct temp_dir temp;
    struct arena arena = {0};
    bool is_linked = driver->kind == INPUT_KERNEL || driver->kind == INPUT_IMAGE;
    if (temp_dir_make(&temp, err) != 0)
        return -1;
    const char *kernel = arena_printf(&arena, "%s/program.elf", temp.path);
    int result = (is_linked ? driver_write_kernel : driver_write_executable)(driver, kernel, err);
    if (result == 0)
        result = cloud_write(driver->package.cloud, kernel, path, err);
    temp_dir_remove(&temp);
    arena_free(&arena);
    return result;
}

static int make_image(struct settings *settings, const struct command_line *line, struct err *err)
{
    struct driver driver;
    const struct cloud *cloud = settings->cloud ? cloud_find(settings->cloud) : NULL;
    if (!cloud)
        return err_set_status(err, EXIT_USAGE, "cloud-image: --for CLOUD is missing (see mewz-cc cloud-image --help)");
    const char *folder = settings->output, *name = text_plain_name(line->operands[0], &settings->arena);
    settings->output = arena_printf(&settings->arena, "%s/%s%s", folder, name, cloud->ending);
    if (settings_open_driver(settings, line, &driver, err) != 0)
        return -1;
    driver.package.cloud = cloud;
    int result = 0;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        result = err_set_errno(err, "%s", folder);
    if (result == 0)
        result = settings_write_output(settings, &driver, write_cloud, err);
    if (result == 0) {
        printf("%s: for %s. To upload and start it, with your own names for what is in capitals:\n", settings->output,
               cloud->name);
        cloud_print_steps(cloud, name, settings->output, stdout);
    }
    driver_close(&driver);
    return result;
}

const struct verb verb_cloud_image = {
    .name = "cloud-image",
    .summary = "make the file that a cloud imports",
    .usage = "--for CLOUD IMAGE|ELF|APP.wasm -o FOLDER",
    .help = help,
    .options = SETTINGS_CLOUD,
    .operand = "program or image",
    .operand_minimum = 1,
    .operand_maximum = 1,
    .action = make_image,
};
