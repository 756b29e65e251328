#include "shim/annotations.h"

#include <stdlib.h>
#include <string.h>

static const char prefix[] = "dev.mewz.";

struct state {
    struct annotations *annotations;
    struct arena *arena;
    const char **settings;
    size_t setting_count, setting_capacity;
};

typedef bool read_value(struct state *state, const char *value);

static void add_setting(struct state *state, const char *setting)
{
    if (state->setting_count + 1 >= state->setting_capacity) {
        state->setting_capacity = 2 * state->setting_capacity + 8;
        const char **longer = arena_array(state->arena, state->setting_capacity, sizeof *longer);
        if (state->setting_count)
            memcpy(longer, state->settings, state->setting_count * sizeof *longer);
        state->settings = longer;
    }
    state->settings[state->setting_count++] = setting;
}

/* "64MiB", "64M", "1Gi", "67108864": the suffixes of Kubernetes and those of mewz-cc, all powers of 1024. */
static bool read_memory(struct state *state, const char *value)
{
    char *unit;
    uint64_t number = strtoull(value, &unit, 10);
    const char *letters = "KMGT", *found = *unit ? strchr(letters, *unit) : NULL;
    bool good = *value >= '0' && *value <= '9' && (!*unit || found);
    if (good && found)
        good = (!unit[1] || strcmp(unit + 1, "i") == 0 || strcmp(unit + 1, "iB") == 0) &&
               !__builtin_mul_overflow(number, 1024ull << (10 * (found - letters)), &number);
    state->annotations->memory = number;
    return good && number > 0;
}

static bool read_cpu(struct state *state, const char *value)
{
    state->annotations->cpu = value;
    return strncmp(value, "x86-64-v", 8) == 0 && value[8] >= '1' && value[8] <= '4' && !value[9];
}

static bool read_stop(struct state *state, const char *value)
{
    state->annotations->stop_by_stdin = strcmp(value, "stdin") == 0;
    return state->annotations->stop_by_stdin || strcmp(value, "kill") == 0;
}

/* The parts between the separators become settings `name`=part, or are settings if there is no name. */
static bool split(struct state *state, const char *value, char separator, const char *name)
{
    char separators[] = {separator, 0};
    bool good = *value != 0;
    while (good && *value) {
        size_t length = strcspn(value, separators);
        char *part = arena_copy_string(state->arena, value, length);
        good = name ? strncmp(part, "tcp:", 4) == 0 || strncmp(part, "udp:", 4) == 0 : strchr(part, '=') > part;
        add_setting(state, name ? arena_printf(state->arena, "%s=%s", name, part) : part);
        value += length + (value[length] != 0);
    }
    return good;
}

static bool read_listen(struct state *state, const char *value)
{
    return split(state, value, ',', "listen");
}

static bool read_settings(struct state *state, const char *value)
{
    return split(state, value, ' ', NULL);
}

static const struct known {
    const char *name; /* behind the prefix */
    read_value *read;
    const char *form;
} known[] = {
    {"memory", read_memory, "a size, such as 64MiB"},
    {"cpu", read_cpu, "a level from x86-64-v1 to x86-64-v4"},
    {"stop", read_stop, "kill or stdin"},
    {"listen", read_listen, "a list of sockets, such as tcp:0.0.0.0:80,udp:0.0.0.0:53"},
    {"settings", read_settings, "a list of NAME=VALUE, with blanks between them"},
};

static int read_one(struct state *state, const struct spec_annotation *annotation, struct err *err)
{
    const char *name = annotation->name + strlen(prefix);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, name) != 0)
            continue;
        if (known[i].read(state, annotation->value))
            return 0;
        return err_set(err, "annotation %s: %s: not %s", annotation->name, annotation->value, known[i].form);
    }
    return err_set(err, "annotation %s is not known: there are memory, cpu, stop, listen and settings",
                   annotation->name);
}

int annotations_read(struct annotations *annotations, const struct spec *spec, struct arena *arena, struct err *err)
{
    struct state state = {.annotations = annotations, .arena = arena};
    *annotations = (struct annotations){0};
    if (spec->hostname)
        add_setting(&state, arena_printf(arena, "hostname=%s", spec->hostname));
    for (const struct spec_annotation *annotation = spec->annotations; annotation->name; annotation++)
        if (strncmp(annotation->name, prefix, strlen(prefix)) == 0 && read_one(&state, annotation, err) != 0)
            return -1;
    add_setting(&state, NULL);
    annotations->settings = state.settings;
    return 0;
}
