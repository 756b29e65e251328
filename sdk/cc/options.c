#include "cc/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cc/suggest.h"

/* The options without a long name: what they are called in mewz.toml, and by who guesses. */
static const struct {
    const char *key, *option;
} short_keys[] = {{"output", "-o"}, {"memory", "-m"}, {"ports", "-p"}, {"optimise", "-O"}, {"debug", "-g"}};
#define SHORT_KEY_COUNT (sizeof short_keys / sizeof *short_keys)

const char *option_key(const struct option *option)
{
    for (size_t i = 0; i < SHORT_KEY_COUNT; i++)
        if (strcmp(short_keys[i].option, option->name) == 0)
            return short_keys[i].key;
    return option->name[1] == '-' ? option->name + 2 : NULL;
}

static int usage_error(const struct command_line *line, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int usage_error(const struct command_line *line, struct err *err, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return err_set_status(err, EXIT_USAGE, "%s: %s (see mewz-cc %s --help)", line->verb->name, text, line->verb->name);
}

/* --- values --- */

static bool parse_number(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    return isdigit((unsigned char)*text) && *end == 0 && errno == 0;
}

bool options_parse_size(const char *text, uint64_t *size)
{
    static const char *const endings[] = {"", "B", "iB"};
    char *unit;
    errno = 0;
    uint64_t number = strtoull(text, &unit, 10);
    if (!isdigit((unsigned char)*text) || errno != 0)
        return false;
    *size = number;
    if (*unit == 0)
        return true;
    const char *units = "KMGT";
    const char *found = strchr(units, *unit);
    for (size_t i = 0; found && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(unit + 1, endings[i]) == 0)
            return !__builtin_mul_overflow(number, 1024ull << (10 * (found - units)), size);
    return false;
}

static int append_string(struct option_list *list, const char *string, struct arena *arena)
{
    const char **longer = arena_array(arena, list->count + 2, sizeof *longer);
    if (list->count)
        memcpy(longer, list->strings, list->count * sizeof *longer);
    longer[list->count++] = string;
    list->strings = longer;
    return 0;
}

static int set_number(const struct command_line *line, const struct option *option, const char *text, uint64_t *number,
                      struct err *err)
{
    const struct option_range *range = option->limits;
    if (parse_number(text, number) && *number >= range->minimum && *number <= range->maximum)
        return 0;
    return usage_error(line, err, "%s %s: %s is a number from %lu to %lu", option->name, text, option->argument,
                       range->minimum, range->maximum);
}

static int set_level(const struct command_line *line, const struct option *option, const char *text, unsigned *level,
                     struct err *err)
{
    const struct option_range *range = option->limits;
    uint64_t number;
    if (!parse_number(text, &number) || number < range->minimum || number > range->maximum)
        return usage_error(line, err, "%s%s: the levels are %s%lu to %s%lu", option->name, text, option->name,
                           range->minimum, option->name, range->maximum);
    *level = (unsigned)number;
    return 0;
}

static int set_choice(const struct command_line *line, const struct option *option, const char *text,
                      const char **value, struct arena *arena, struct err *err)
{
    const char *const *choices = option->limits;
    size_t count = 0;
    for (; choices[count]; count++)
        if (strcmp(choices[count], text) == 0) {
            *value = choices[count];
            return 0;
        }
    return usage_error(line, err, "%s %s: %s", option->name, text, suggest_text(text, choices, count, arena));
}

static int set_value(const struct command_line *line, const struct option *option, const char *text,
                     struct arena *arena, struct err *err)
{
    void *value = (char *)line->values + option->offset;
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)value = true;
        return 0;
    case OPTION_STRING:
    case OPTION_REQUIRED:
        *(const char **)value = text;
        return 0;
    case OPTION_CHOICE:
        return set_choice(line, option, text, value, arena, err);
    case OPTION_ASSIGNMENTS:
        if (*text == '=' || !strchr(text, '='))
            return usage_error(line, err, "%s %s: not NAME=VALUE", option->name, text);
        return append_string(value, text, arena);
    case OPTION_LIST:
        return append_string(value, text, arena);
    case OPTION_NUMBER:
        return set_number(line, option, text, value, err);
    case OPTION_SIZE:
        if (!options_parse_size(text, value))
            return usage_error(line, err, "%s %s: not a size, such as 65536, 16MiB or 1G", option->name, text);
        return 0;
    case OPTION_LEVEL:
        return set_level(line, option, text, value, err);
    }
    return -1;
}

/* --- words --- */

static bool has_option(const struct command_line *line, const struct option *option)
{
    return (option->verbs & line->verb->options) != 0;
}

/* The option that `word` names, and where its value begins in the same word (NULL: it does not). */
static const struct option *find_option(const struct command_line *line, const char *word, const char **value)
{
    for (size_t i = 0; i < line->option_count; i++) {
        const struct option *option = &line->options[i];
        size_t length = strlen(option->name);
        if (!has_option(line, option) || strncmp(word, option->name, length) != 0)
            continue;
        *value = NULL;
        if (word[length] == 0)
            return option;
        bool is_long = option->name[1] == '-';
        if (option->kind == OPTION_FLAG || (is_long && word[length] != '='))
            continue;
        *value = word + length + is_long;
        return option;
    }
    return NULL;
}

static int unknown_option(const struct command_line *line, const char *word, struct arena *arena, struct err *err)
{
    const char **keys = arena_array(arena, line->option_count, sizeof *keys);
    const char **names = arena_array(arena, line->option_count, sizeof *names);
    size_t count = 0, found = 0;
    for (size_t i = 0; i < line->option_count; i++) {
        const struct option *option = &line->options[i];
        if (!has_option(line, option) || !option_key(option))
            continue;
        keys[count] = option_key(option);
        names[count++] = option->name;
    }
    const char *name = arena_copy_string(arena, word, strcspn(word, "="));
    const char *nearest = word[1] == '-' ? suggest_nearest(name + 2, keys, count) : NULL;
    if (!nearest)
        return usage_error(line, err, "unknown option %s", name);
    while (keys[found] != nearest)
        found++;
    if (strcmp(names[found], name) == 0)
        return usage_error(line, err, "%s takes no value", name);
    return usage_error(line, err, "unknown option %s, did you mean %s?", name, names[found]);
}

/* Takes the option at `*at`, and its value from the next word if it is not in this one. */
static int parse_option(struct command_line *line, char ***at, struct arena *arena, struct err *err)
{
    const char *word = *(*at)++;
    const char *value;
    const struct option *option = find_option(line, word, &value);
    if (!option)
        return unknown_option(line, word, arena, err);
    if (option->kind != OPTION_FLAG && !value) {
        if (option->kind == OPTION_LEVEL || !**at || strcmp(**at, "--") == 0)
            return usage_error(line, err, "%s needs a value: %s", option->name, option->argument);
        value = *(*at)++;
    }
    return set_value(line, option, value, arena, err);
}

/* --- help --- */

static void print_help(const struct command_line *line)
{
    printf("usage: mewz-cc %s %s\n\n%s\nOptions:\n", line->verb->name, line->verb->usage, line->verb->help);
    for (size_t i = 0; i < line->option_count; i++) {
        const struct option *option = &line->options[i];
        char left[64];
        if (!has_option(line, option))
            continue;
        const char *space = option->argument && option->kind != OPTION_LEVEL ? " " : "";
        snprintf(left, sizeof left, "%s%s%s", option->name, space, option->argument ? option->argument : "");
        printf("  %-20s %s\n", left, option->help);
    }
    printf("  %-20s %s\n", "--help", "print this text");
}

/* --- the whole --- */

static int check_completeness(const struct command_line *line, struct err *err)
{
    const struct verb *verb = line->verb;
    if (line->operand_count < verb->operand_minimum)
        return usage_error(line, err, "no %s is named: mewz-cc %s %s", verb->operand, verb->name, verb->usage);
    if (line->operand_count > verb->operand_maximum)
        return usage_error(line, err, "unexpected operand %s", line->operands[verb->operand_maximum]);
    for (size_t i = 0; i < line->option_count; i++) {
        const struct option *option = &line->options[i];
        const char *const *value = (const void *)((const char *)line->values + option->offset);
        if (has_option(line, option) && option->kind == OPTION_REQUIRED && !*value)
            return usage_error(line, err, "%s %s is missing", option->name, option->argument);
    }
    return 0;
}

bool options_have_operand(const struct command_line *line, char **argv)
{
    for (char **at = argv; *at && strcmp(*at, "--") != 0; at++) {
        const char *value;
        const struct option *option = **at == '-' && (*at)[1] ? find_option(line, *at, &value) : NULL;
        if (!option)
            return true;
        if (option->kind != OPTION_FLAG && !value && !*++at)
            return true;
    }
    return false;
}

const char *options_find_value(const struct command_line *line, char **argv, const char *name)
{
    const char *found = NULL;
    for (char **at = argv; *at && strcmp(*at, "--") != 0; at++) {
        const char *value;
        const struct option *option = **at == '-' && (*at)[1] ? find_option(line, *at, &value) : NULL;
        if (!option || option->kind == OPTION_FLAG)
            continue;
        if (!value && !(value = *++at))
            break;
        if (strcmp(option->name, name) == 0)
            found = value;
    }
    return found;
}

int options_parse(struct command_line *line, char **argv, struct arena *arena, struct err *err)
{
    size_t count = 0;
    while (argv[count])
        count++;
    line->operands = arena_array(arena, count + 1, sizeof *line->operands);
    for (char **at = argv; *at;) {
        if (strcmp(*at, "--") == 0) {
            if (!line->verb->takes_arguments)
                return usage_error(line, err, "there is no program to take arguments");
            line->arguments = (const char *const *)at + 1;
            break;
        }
        if (strcmp(*at, "--help") == 0 || strcmp(*at, "-h") == 0) {
            print_help(line);
            line->wants_help = true;
            return 0;
        }
        if (**at != '-' || (*at)[1] == 0)
            line->operands[line->operand_count++] = *at++;
        else if (parse_option(line, &at, arena, err) != 0)
            return -1;
    }
    return check_completeness(line, err);
}
