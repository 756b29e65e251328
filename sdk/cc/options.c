#include "cc/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cc/suggest.h"

static int usage_error(const struct command_line *line, struct err *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int usage_error(const struct command_line *line, struct err *err, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return err_set_status(err, EXIT_USAGE, "%s: %s (see mewz-cc %s --help)", line->verb, text, line->verb);
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
    static const char *const units[] = {"", "K", "M", "G", "T"};
    static const char *const endings[] = {"", "B", "iB"};
    char *unit;
    errno = 0;
    uint64_t number = strtoull(text, &unit, 10);
    if (!isdigit((unsigned char)*text) || errno != 0)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i]);
        if (strncmp(unit, units[i], length) != 0 || (i == 0 && *unit != 0))
            continue;
        for (size_t j = 0; j < sizeof endings / sizeof *endings; j++)
            if (strcmp(unit + length, endings[j]) == 0)
                return !__builtin_mul_overflow(number, 1ull << (10 * i), size);
    }
    return false;
}

static void append_string(struct option_list *list, const char *string, struct arena *arena)
{
    const char **longer = arena_array(arena, list->count + 2, sizeof *longer);
    if (list->count)
        memcpy(longer, list->strings, list->count * sizeof *longer);
    longer[list->count++] = string;
    list->strings = longer;
}

static int set_number(const struct command_line *line, const struct option *option, const char *text, uint64_t *number,
                      struct err *err)
{
    if (parse_number(text, number) && *number >= option->minimum && *number <= option->maximum)
        return 0;
    return usage_error(line, err, "%s: %s is not a number from %lu to %lu", option->name, text, option->minimum,
                       option->maximum);
}

static int set_level(const struct command_line *line, const struct option *option, const char *text, struct err *err)
{
    uint64_t level;
    if (!parse_number(text, &level) || level < option->minimum || level > option->maximum)
        return usage_error(line, err, "%s%s: the levels are %s%lu to %s%lu", option->name, text, option->name,
                           option->minimum, option->name, option->maximum);
    *(unsigned *)option->value = (unsigned)level;
    return 0;
}

static int set_value(const struct command_line *line, const struct option *option, const char *text,
                     struct arena *arena, struct err *err)
{
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)option->value = true;
        return 0;
    case OPTION_STRING:
        *(const char **)option->value = text;
        return 0;
    case OPTION_ASSIGNMENTS:
        if (*text == '=' || !strchr(text, '='))
            return usage_error(line, err, "%s: %s is not NAME=VALUE", option->name, text);
        append_string(option->value, text, arena);
        return 0;
    case OPTION_LIST:
        append_string(option->value, text, arena);
        return 0;
    case OPTION_NUMBER:
        return set_number(line, option, text, option->value, err);
    case OPTION_SIZE:
        if (!options_parse_size(text, option->value))
            return usage_error(line, err, "%s: %s is not a size, such as 65536, 16MiB or 1G", option->name, text);
        return 0;
    case OPTION_LEVEL:
        return set_level(line, option, text, err);
    }
    return -1;
}

/* --- words --- */

/* The option that `word` names, and where its value begins in the same word (NULL: it does not). */
static const struct option *find_option(const struct command_line *line, const char *word, const char **value)
{
    for (size_t i = 0; i < line->option_count; i++) {
        const struct option *option = &line->options[i];
        size_t length = strlen(option->name);
        if (strncmp(word, option->name, length) != 0)
            continue;
        bool is_long = option->name[1] == '-';
        *value = NULL;
        if (word[length] == 0)
            return option;
        if (is_long && word[length] != '=')
            continue;
        if (option->kind == OPTION_FLAG)
            continue;
        *value = word + length + is_long;
        return option;
    }
    return NULL;
}

static int unknown_option(const struct command_line *line, const char *word, struct err *err)
{
    char name[64];
    size_t length = strcspn(word, "=");
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), word);
    const char *nearest = NULL;
    if (word[1] == '-')
        nearest = suggest_nearest(name, &line->options->name, line->option_count, sizeof *line->options);
    if (nearest && strcmp(nearest, name) == 0)
        return usage_error(line, err, "%s takes no value", nearest);
    if (nearest)
        return usage_error(line, err, "unknown option %s, did you mean %s?", word, nearest);
    return usage_error(line, err, "unknown option %s", word);
}

/* Takes the option at `*at`, and its value from the next word if it is not in this one. */
static int parse_option(struct command_line *line, char ***at, struct arena *arena, struct err *err)
{
    const char *word = *(*at)++;
    const char *value;
    const struct option *option = find_option(line, word, &value);
    if (!option)
        return unknown_option(line, word, err);
    if (option->kind != OPTION_FLAG && !value) {
        if (option->kind == OPTION_LEVEL || !**at || strcmp(**at, "--") == 0)
            return usage_error(line, err, "%s needs a value: %s", option->name, option->argument);
        value = *(*at)++;
    }
    return set_value(line, option, value, arena, err);
}

static int check_operands(const struct command_line *line, struct err *err)
{
    if (line->operand_count < line->operand_minimum)
        return usage_error(line, err, "what it works on is missing: mewz-cc %s %s", line->verb, line->usage);
    if (line->operand_count > line->operand_maximum)
        return usage_error(line, err, "unexpected operand %s", line->operands[line->operand_maximum]);
    return 0;
}

int options_parse(struct command_line *line, char **argv, struct arena *arena, struct err *err)
{
    size_t count = 0;
    while (argv[count])
        count++;
    line->operands = arena_array(arena, count + 1, sizeof *line->operands);
    for (char **at = argv; *at;) {
        if (strcmp(*at, "--") == 0) {
            if (!line->takes_arguments)
                return usage_error(line, err, "takes no arguments for the program");
            line->arguments = (const char *const *)at + 1;
            break;
        }
        if (strcmp(*at, "--help") == 0 || strcmp(*at, "-h") == 0) {
            line->wants_help = true;
            return 0;
        }
        if (**at != '-' || (*at)[1] == 0)
            line->operands[line->operand_count++] = *at++;
        else if (parse_option(line, &at, arena, err) != 0)
            return -1;
    }
    return check_operands(line, err);
}

/* --- help --- */

void options_print_help(const struct command_line *line, FILE *stream)
{
    fprintf(stream, "usage: mewz-cc %s %s\n\n%s", line->verb, line->usage, line->help);
    fputs("\nOptions:\n", stream);
    for (size_t i = 0; i < line->option_count; i++) {
        const struct option *option = &line->options[i];
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", option->name, option->argument && option->kind != OPTION_LEVEL ? " " : "",
                 option->argument ? option->argument : "");
        fprintf(stream, "  %-22s %s\n", left, option->help);
    }
    fprintf(stream, "  %-22s %s\n", "--help", "print this text");
}
