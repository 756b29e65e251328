#include "cc/container.h"

#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/elf.h"
#include "base/text.h"
#include "image/oci.h"
#include "link/program.h"

bool container_is_reference(const char *text)
{
    size_t length = strlen(text);
    for (const char *c = text; *c; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && !strchr("-_./:", *c) &&
            !(isupper((unsigned char)*c) && strrchr(text, ':') && c > strrchr(text, ':')))
            return false;
    return length > 0 && length <= 255 && isalnum((unsigned char)*text) && isalnum((unsigned char)text[length - 1]);
}

/* --- names --- */

/* With a tag, as engines want it. */
static const char *full_reference(const char *reference, const char *name, struct arena *arena)
{
    if (!reference)
        return arena_printf(arena, "localhost/%s:latest", name);
    const char *slash = strrchr(reference, '/');
    return strchr(slash ? slash : reference, ':') ? reference : arena_printf(arena, "%s:latest", reference);
}

/* --- ports: what `--listen tcp:0.0.0.0:80` says as "80/tcp" --- */

static const char *const *exposed_ports(const struct link_config *config, struct arena *arena)
{
    size_t count = 0;
    while (config->settings && config->settings[count])
        count++;
    const char **ports = arena_array(arena, count + 1, sizeof *ports);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const char *setting = config->settings[i], *colon = strrchr(setting, ':');
        if (strncmp(setting, "listen=", 7) == 0 && colon)
            ports[used++] = arena_printf(arena, "%s/%.3s", colon + 1, setting + 7);
    }
    return ports;
}

/* --- the image --- */

static int write_image(struct image_oci *image, const char *reference, const char *name, const char *ending,
                       const struct link_config *config, const char *path, struct arena *arena, struct err *err)
{
    const char *plain = text_plain_name(name, arena);
    image->reference = full_reference(reference, plain, arena);
    image->file_name = arena_printf(arena, "%s.%s", plain, ending);
    image->env = config->env;
    image->ports = exposed_ports(config, arena);
    return image_write_oci(image, path, err);
}

int container_write_kernel(const char *reference, const char *elf, const char *path, struct err *err)
{
    struct file file;
    struct elf kernel;
    struct link_config config;
    struct arena arena = {0};
    if (file_read(&file, elf, err) != 0)
        return -1;
    struct image_oci image = {.architecture = "amd64", .os = "linux", .bytes = file.data, .size = file.size};
    int result = elf_open(&kernel, elf, file.data, file.size, err);
    if (result == 0) {
        link_config_find(&kernel, &arena, &config); /* a program that asks for none of it has none */
        const char *name = program_name(&kernel, &arena);
        image.arguments = config.args && config.args[0] ? config.args + 1 : NULL;
        result = write_image(&image, reference, name ? name : "app", "elf", &config, path, &arena, err);
    }
    file_close(&file);
    arena_free(&arena);
    return result;
}

int container_write_wasm(const char *reference, const char *name, const struct file *module,
                         const struct link_config *config, const char *path, struct err *err)
{
    struct arena arena = {0};
    struct image_oci image = {
        .architecture = "wasm", .os = "wasip1", .bytes = module->data, .size = module->size, .arguments = config->args};
    int result = write_image(&image, reference, name, "wasm", config, path, &arena, err);
    arena_free(&arena);
    return result;
}
