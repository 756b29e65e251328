/* The boot configuration as bytes (mewz/config.h), in both directions. */
#include <string.h>

#include <mewz/config.h>

#include "link/link.h"

static uint32_t count_strings(const char *const *strings)
{
    if (!strings)
        return MEWZ_CONFIG_ABSENT;
    uint32_t count = 0;
    while (strings[count])
        count++;
    return count;
}

static void append_strings(struct buf *out, const char *const *strings)
{
    for (; strings && *strings; strings++)
        buf_append(out, *strings, strlen(*strings) + 1);
}

void link_config_encode(const struct link_config *config, struct buf *out)
{
    size_t start = out->size;
    struct mewz_config header = {
        .magic = MEWZ_CONFIG_MAGIC,
        .arg_count = count_strings(config->args),
        .env_count = count_strings(config->env),
        .setting_count = count_strings(config->settings),
    };
    buf_append(out, &header, sizeof header);
    append_strings(out, config->args);
    append_strings(out, config->env);
    append_strings(out, config->settings);
    header.size = (uint32_t)(out->size - start);
    memcpy(out->data + start, &header, sizeof header);
}

/* Takes `count` strings off the front of the bytes; false where they do not hold that many. */
static bool decode_strings(const char **at, const char *end, uint32_t count, struct arena *arena,
                           const char *const **strings)
{
    if (count == MEWZ_CONFIG_ABSENT)
        return true;
    if (count > (size_t)(end - *at)) /* each has its zero at least */
        return false;
    const char **list = arena_array(arena, (size_t)count + 1, sizeof *list);
    for (uint32_t i = 0; i < count; i++) {
        const char *zero = memchr(*at, 0, (size_t)(end - *at));
        if (!zero)
            return false;
        list[i] = arena_copy_string(arena, *at, (size_t)(zero - *at));
        *at = zero + 1;
    }
    *strings = list;
    return true;
}

bool link_config_find(const struct elf *elf, struct arena *arena, struct link_config *config)
{
    *config = (struct link_config){0};
    struct elf_symbol start;
    struct mewz_config header;
    if (!elf_find_symbol(elf, "mewz_config_start", &start))
        return false;
    const uint8_t *bytes = elf_at_address(elf, start.symbol.st_value, sizeof header);
    if (!bytes)
        return false;
    memcpy(&header, bytes, sizeof header);
    if (header.magic != MEWZ_CONFIG_MAGIC || header.size < sizeof header ||
        !elf_at_address(elf, start.symbol.st_value, header.size))
        return false;
    const char *at = (const char *)bytes + sizeof header;
    const char *end = (const char *)bytes + header.size;
    return decode_strings(&at, end, header.arg_count, arena, &config->args) &&
           decode_strings(&at, end, header.env_count, arena, &config->env) &&
           decode_strings(&at, end, header.setting_count, arena, &config->settings);
}
