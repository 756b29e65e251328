/* config.c: arguments, environment and settings of the program.
 *
 * What was baked in when the executable was built (mewz/config.h), and what the process was started with:
 * - The program's name is the baked one. Arguments of the process, if there are any, replace the baked ones.
 * - The environment has the baked variables and no others, as a program is given nothing that it was not meant to
 *   have. A value that the process has for one of them replaces the baked one.
 * - Settings are the baked ones, and for folders there is a variable of the process (folders.h). */
#include <linux/mman.h>

#include <mewz/config.h>

#include "hosts/linux/start.h"
#include "hosts/linux/syscall.h"
#include "wasi/host.h"

extern const uint8_t mewz_config_start[], mewz_config_end[]; /* link.ld: empty where nothing was baked in */

static const char *const *process_args; /* each ends with NULL */
static const char *const *process_environ;

void config_init(const uint64_t *initial_stack)
{
    process_args = (const char *const *)(initial_stack + 1);
    process_environ = process_args + initial_stack[0] + 1;
}

/* A list of strings as host_args gives it, in the making. */
struct list {
    char *bytes; /* NULL: only count */
    uint32_t count;
    uint32_t size;
};

static size_t string_size(const char *string)
{
    size_t size = 0;
    while (string[size++])
        ;
    return size;
}

static void list_add(struct list *list, const char *string)
{
    size_t size = string_size(string);
    if (list->bytes)
        __builtin_memcpy(list->bytes + list->size, string, size);
    list->size += (uint32_t)size;
    list->count++;
}

/* The baked strings: `count` of them from `bytes`. */
struct baked {
    const char *bytes;
    uint32_t count;
};

static const struct mewz_config *baked_config(void)
{
    const struct mewz_config *config = (const struct mewz_config *)mewz_config_start;
    uint64_t size = (uint64_t)mewz_config_end - (uint64_t)mewz_config_start;
    return size < sizeof *config || config->magic != MEWZ_CONFIG_MAGIC ? NULL : config;
}

static const char *skip_strings(const char *bytes, uint32_t count)
{
    while (count--)
        bytes += string_size(bytes);
    return bytes;
}

/* A part that is absent counts as empty. */
static uint32_t count_of(uint32_t count)
{
    return count == MEWZ_CONFIG_ABSENT ? 0 : count;
}

static struct baked baked_args(void)
{
    const struct mewz_config *config = baked_config();
    if (!config)
        return (struct baked){0};
    return (struct baked){(const char *)(config + 1), count_of(config->arg_count)};
}

static struct baked baked_environ(void)
{
    const struct mewz_config *config = baked_config();
    struct baked args = baked_args();
    if (!config)
        return (struct baked){0};
    return (struct baked){skip_strings(args.bytes, args.count), count_of(config->env_count)};
}

static void collect_args(struct list *list)
{
    struct baked baked = baked_args();
    bool has_name = process_args[0] != NULL;
    bool replaced = has_name && process_args[1];
    if (baked.count > 0)
        list_add(list, baked.bytes);
    else
        list_add(list, has_name ? process_args[0] : mewz_program.name);
    if (replaced) {
        for (const char *const *arg = process_args + 1; *arg; arg++)
            list_add(list, *arg);
        return;
    }
    const char *string = baked.bytes;
    for (uint32_t i = 1; i < baked.count; i++) {
        string += string_size(string);
        list_add(list, string);
    }
}

static bool same_name(const char *a, const char *b)
{
    while (*a == *b && *a && *a != '=') {
        a++;
        b++;
    }
    return *a == *b && *a == '=';
}

/* The process's entry for the variable of `entry`, or `entry` itself. */
static const char *current_entry(const char *entry)
{
    for (const char *const *other = process_environ; *other; other++) {
        if (same_name(*other, entry))
            return *other;
    }
    return entry;
}

static void collect_environ(struct list *list)
{
    struct baked baked = baked_environ();
    for (uint32_t i = 0; i < baked.count; i++) {
        list_add(list, current_entry(baked.bytes));
        baked.bytes += string_size(baked.bytes);
    }
}

/* Collects twice, first to learn the size. The spare byte is there for a list without strings. */
static void collect(void (*add_all)(struct list *list), struct list *list)
{
    add_all(list);
    long address = syscall6(__NR_mmap, 0, list->size + 1l, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (address < 0)
        start_fail("no memory for arguments and environment");
    *list = (struct list){.bytes = (char *)address};
    add_all(list);
}

void host_args(const char **bytes, uint32_t *count, uint32_t *size)
{
    static struct list args;
    if (!args.bytes)
        collect(collect_args, &args);
    *bytes = args.bytes;
    *count = args.count;
    *size = args.size;
}

void host_environ(const char **bytes, uint32_t *count, uint32_t *size)
{
    static struct list environ;
    if (!environ.bytes)
        collect(collect_environ, &environ);
    *bytes = environ.bytes;
    *count = environ.count;
    *size = environ.size;
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

const char *config_variable(const char *name)
{
    const char *value = NULL;
    for (const char *const *entry = process_environ; *entry && !value; entry++)
        value = value_of(*entry, name);
    return value;
}

const char *host_setting(const char *name, uint32_t index)
{
    const struct mewz_config *config = baked_config();
    struct baked environment = baked_environ();
    uint32_t count = config ? count_of(config->setting_count) : 0;
    const char *string = skip_strings(environment.bytes, environment.count);
    for (uint32_t i = 0; i < count; i++, string += string_size(string)) {
        const char *value = value_of(string, name);
        if (value && index-- == 0)
            return value;
    }
    return NULL;
}
