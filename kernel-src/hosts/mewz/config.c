/* config.c: arguments, environment and settings (mewz/config.h).
 *
 * Three places may have them, each replacing the parts that it has of the one before: what was baked into the image,
 * the first boot module, and QEMU's fw_cfg. One that is damaged panics: to run the program with other arguments than
 * those that somebody meant for it could do harm. A boot module without our magic is somebody else's. Where none of
 * them has arguments, the program gets its own name, as it would anywhere else. */
#include <mewz/config.h>

#include <stdbool.h>

#include <mewz/abi.h>

#include "boot.h"
#include "dev/fw_cfg.h"
#include "hosts/mewz/config.h"
#include "mm/page.h"
#include "panic.h"
#include "wasi/host.h"

/* What `mewz-cc build` baked in; absent, so at address 0, where it had nothing to bake. */
extern const char mewz_config_start[] __attribute__((weak));
extern const char mewz_config_end[] __attribute__((weak));

/* As much as Linux allows for arguments and environment, and as pages_alloc gives at once. */
enum { CONFIG_MAX = 2 << 20 };

struct strings {
    const char *bytes;
    uint32_t count;
    uint32_t size;
};

static struct strings args;
static struct strings environment;
static struct strings settings[3]; /* of each place, the later ones first */
static bool loaded;

/* Cuts `count` strings, each with its zero, from *next. */
static bool cut_strings(const char **next, const char *end, uint32_t count, struct strings *strings)
{
    const char *start = *next;
    const char *p = start;
    if (count == MEWZ_CONFIG_ABSENT)
        return true;
    for (uint32_t i = 0; i < count; i++) {
        while (p < end && *p != 0)
            p++;
        if (p++ >= end)
            return false;
    }
    *strings = (struct strings){start, count, (uint32_t)(p - start)};
    *next = p;
    return true;
}

static void set_defaults(void)
{
    uint32_t size = 1;
    while (mewz_program.name[size - 1] != 0)
        size++;
    args = (struct strings){mewz_program.name, 1, size};
    environment = (struct strings){"", 0, 0};
}

static bool has_magic(const char *bytes, size_t size)
{
    struct mewz_config header;
    if (size < sizeof header)
        return false;
    __builtin_memcpy(&header, bytes, sizeof header);
    return header.magic == MEWZ_CONFIG_MAGIC;
}

static void apply(const char *bytes, size_t size, const char *source)
{
    struct mewz_config header;
    if (!has_magic(bytes, size))
        panic("config", "%s does not begin with a configuration's magic number", source);
    __builtin_memcpy(&header, bytes, sizeof header);
    if (header.size < sizeof header || header.size > size)
        panic("config", "%s is %lu bytes long and claims to be %u", source, (uint64_t)size, header.size);
    const char *next = bytes + sizeof header;
    const char *end = bytes + header.size;
    __builtin_memmove(settings + 1, settings, sizeof settings - sizeof *settings);
    if (!cut_strings(&next, end, header.arg_count, &args) || !cut_strings(&next, end, header.env_count, &environment) ||
        !cut_strings(&next, end, header.setting_count, &settings[0]))
        panic("config", "%s has fewer strings than it claims", source);
}

static void apply_fw_cfg(void)
{
    struct fw_cfg_file file;
    if (!fw_cfg_find(MEWZ_CONFIG_FW_CFG, &file))
        return;
    char *bytes = file.size < CONFIG_MAX ? pages_alloc(file.size / PAGE_SIZE + 1) : NULL;
    if (!bytes || !fw_cfg_read(&file, bytes))
        panic("config", "no memory for the %u bytes of %s", file.size, MEWZ_CONFIG_FW_CFG);
    apply(bytes, file.size, MEWZ_CONFIG_FW_CFG);
}

static void load(void)
{
    if (loaded)
        return;
    loaded = true;
    set_defaults();
    if (mewz_config_start)
        apply(mewz_config_start, (size_t)(mewz_config_end - mewz_config_start), "the configuration of the image");
    if (boot_info.module && has_magic(boot_info.module, boot_info.module_size))
        apply(boot_info.module, boot_info.module_size, "the boot module");
    apply_fw_cfg();
}

void host_args(const char **bytes, uint32_t *count, uint32_t *size)
{
    load();
    *bytes = args.bytes;
    *count = args.count;
    *size = args.size;
}

void host_environ(const char **bytes, uint32_t *count, uint32_t *size)
{
    load();
    *bytes = environment.bytes;
    *count = environment.count;
    *size = environment.size;
}

void config_set_environ(const char *bytes, uint32_t count, uint32_t size)
{
    load();
    environment = (struct strings){bytes, count, size};
}

/* What follows `name` and an equals sign, if the string begins so. */
static const char *value_of(const char *string, const char *name)
{
    while (*name && *string == *name) {
        string++;
        name++;
    }
    return *name || *string != '=' ? NULL : string + 1;
}

/* The value of number `index` of the settings with that name in one place; *found says whether it has any. */
static const char *find_setting(const struct strings *place, const char *name, uint32_t index, bool *found)
{
    const char *string = place->bytes;
    for (uint32_t i = 0; i < place->count; i++) {
        const char *value = value_of(string, name);
        *found |= value != NULL;
        if (value && index-- == 0)
            return value;
        while (*string++ != 0)
            ;
    }
    return NULL;
}

const char *host_setting(const char *name, uint32_t index)
{
    load();
    bool found = false;
    for (size_t i = 0; i < sizeof settings / sizeof *settings && !found; i++) {
        const char *value = find_setting(&settings[i], name, index, &found);
        if (value)
            return value;
    }
    return NULL;
}
