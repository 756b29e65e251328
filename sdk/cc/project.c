#include "cc/project.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "base/file.h"
#include "base/proc.h"
#include "cc/suggest.h"

/* What an option on the command line leaves without a meaning. It wins: these keys of the file are not heeded then. */
static const struct {
    const char *option;
    const char *value; /* or how it begins, with a colon at its end */
    const char *keys[8];
} overruled[] = {
    {"--net", "none", {"ports", "pcap"}},
    {"--net", "tap:", {"ports"}},
    {"--target", "x86_64-linux", {"ip", "hostname", "metadata", "tmp-max", "mount", "disk"}},
};
#define OVERRULED_COUNT (sizeof overruled / sizeof *overruled)

struct words {
    const char **items;
    size_t count, capacity;
    struct arena *arena;
};

static void add(struct words *words, const char *word)
{
    if (words->count + 1 >= words->capacity) {
        size_t capacity = words->capacity ? 2 * words->capacity : 32;
        const char **items = arena_array(words->arena, capacity, sizeof *items);
        if (words->count)
            memcpy(items, words->items, words->count * sizeof *items);
        words->items = items;
        words->capacity = capacity;
    }
    words->items[words->count++] = word;
}

bool project_exists(void)
{
    return access(PROJECT_FILE, R_OK) == 0;
}

/* --- lines --- */

/* The line that gives a key its value, or 0: the reader of TOML says lines only of what is no TOML. */
static unsigned find_line(const char *key)
{
    struct err ignored = {0};
    struct file file;
    unsigned line = 0, found = 0;
    size_t length = strlen(key);
    if (file_read(&file, PROJECT_FILE, &ignored) != 0)
        return 0;
    const char *at = (const char *)file.data, *end = at + file.size;
    while (at < end && !found) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        line++;
        while (at < stop && strchr(" \t[\"'", *at))
            at++;
        if ((size_t)(stop - at) > length && memcmp(at, key, length) == 0 && strchr(" \t=]\"'.", at[length]))
            found = line;
        at = stop + 1;
    }
    file_close(&file);
    return found;
}

static int fail_at(const char *key, struct err *err, const char *format, ...) __attribute__((format(printf, 3, 4)));

static int fail_at(const char *key, struct err *err, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return err_set_status(err, EXIT_USAGE, "%s:%u: %s: %s", PROJECT_FILE, find_line(key), key, text);
}

/* --- values --- */

static const char *scalar_text(const cJSON *value, struct arena *arena)
{
    if (cJSON_IsString(value))
        return value->valuestring;
    if (cJSON_IsNumber(value) && value->valuedouble == floor(value->valuedouble) && fabs(value->valuedouble) < 1e15)
        return arena_printf(arena, "%.0f", value->valuedouble);
    return NULL;
}

static int add_option_word(struct words *words, const struct option *option, const char *key, const char *text,
                           struct err *err)
{
    if (!text)
        return fail_at(key, err, "expected a text or a whole number");
    text = arena_copy_string(words->arena, text, strlen(text));
    if (option->kind == OPTION_LEVEL || option->name[1] != '-') {
        add(words, arena_printf(words->arena, "%s%s", option->name, text));
    } else {
        add(words, arena_printf(words->arena, "%s=%s", option->name, text));
    }
    return 0;
}

static int add_list(struct words *words, const struct option *option, const char *key, const cJSON *value,
                    struct err *err)
{
    bool is_table = cJSON_IsObject(value);
    if (is_table && option->kind != OPTION_ASSIGNMENTS)
        return fail_at(key, err, "expected a list, not a table");
    for (const cJSON *item = value->child; item; item = item->next) {
        const char *text = scalar_text(item, words->arena);
        if (text && is_table)
            text = arena_printf(words->arena, "%s=%s", item->string, text);
        if (add_option_word(words, option, key, text, err) != 0)
            return -1;
    }
    return 0;
}

static int add_option(struct words *words, const struct option *option, const char *key, const cJSON *value,
                      struct err *err)
{
    bool takes_list = option->kind == OPTION_LIST || option->kind == OPTION_ASSIGNMENTS;
    if (option->kind == OPTION_FLAG) {
        if (!cJSON_IsBool(value))
            return fail_at(key, err, "expected true or false");
        if (cJSON_IsTrue(value))
            add(words, option->name);
        return 0;
    }
    if (takes_list && (cJSON_IsArray(value) || cJSON_IsObject(value)))
        return add_list(words, option, key, value, err);
    return add_option_word(words, option, key, scalar_text(value, words->arena), err);
}

/* --- keys --- */

/* The option of a key, for this verb if it has one, otherwise for another. */
static const struct option *find_option(const struct command_line *line, const char *key)
{
    const struct option *found = NULL;
    for (size_t i = 0; i < line->option_count; i++) {
        const struct option *option = &line->options[i];
        const char *name = option_key(option);
        if (name && strcmp(name, key) == 0 && (!found || (option->verbs & line->verb->options)))
            found = option;
    }
    return found;
}

static int unknown_key(const struct command_line *line, const char *key, struct arena *arena, struct err *err)
{
    const char **names = arena_array(arena, line->option_count + 2, sizeof *names);
    size_t count = 0;
    names[count++] = "program";
    names[count++] = "arguments";
    for (size_t i = 0; i < line->option_count; i++)
        if (option_key(&line->options[i]))
            names[count++] = option_key(&line->options[i]);
    const char *nearest = suggest_nearest(key, names, count);
    if (nearest)
        return fail_at(key, err, "unknown key, did you mean %s?", nearest);
    return fail_at(key, err, "unknown key: the keys are the options of `mewz-cc %s --help`", line->verb->name);
}

static bool is_overruled(const struct command_line *line, char **argv, const char *key)
{
    for (size_t i = 0; i < OVERRULED_COUNT; i++) {
        const char *value = options_find_value(line, argv, overruled[i].option), *expected = overruled[i].value;
        size_t length = strlen(expected);
        if (!value || strncmp(value, expected, length) != 0 || (expected[length - 1] != ':' && value[length]))
            continue;
        for (const char *const *name = overruled[i].keys; *name; name++)
            if (strcmp(*name, key) == 0)
                return true;
    }
    return false;
}

static int add_key(struct words *words, const struct command_line *line, char **argv, const cJSON *item,
                   struct err *err)
{
    const struct option *option = find_option(line, item->string);
    if (!option)
        return unknown_key(line, item->string, words->arena, err);
    if (is_overruled(line, argv, item->string))
        return 0;
    return option->verbs & line->verb->options ? add_option(words, option, item->string, item, err) : 0;
}

/* --- the file --- */

static cJSON *read_project(struct err *err)
{
    const char *argv[] = {"tomljson", PROJECT_FILE, NULL};
    struct buf text = {0};
    cJSON *json = NULL;
    if (proc_run(argv, "golang-github-pelletier-go-toml", &text, err) == 0) {
        json = cJSON_ParseWithLength((const char *)text.data, text.size);
        if (!json)
            err_set(err, "tomljson printed no JSON");
    }
    if (!json)
        err_prefix(err, PROJECT_FILE);
    buf_free(&text);
    return json;
}

static int add_arguments(struct words *words, const cJSON *list, struct err *err)
{
    add(words, "--");
    if (!cJSON_IsArray(list))
        return fail_at("arguments", err, "expected a list");
    for (const cJSON *item = list->child; item; item = item->next) {
        const char *text = scalar_text(item, words->arena);
        if (!text)
            return fail_at("arguments", err, "expected texts or whole numbers");
        add(words, arena_copy_string(words->arena, text, strlen(text)));
    }
    return 0;
}

static bool has_arguments(char **argv)
{
    while (*argv && strcmp(*argv, "--") != 0)
        argv++;
    return *argv != NULL;
}

static int join(const struct command_line *line, const cJSON *json, char **argv, struct words *words, struct err *err)
{
    const cJSON *program = cJSON_GetObjectItemCaseSensitive(json, "program");
    const cJSON *arguments = cJSON_GetObjectItemCaseSensitive(json, "arguments");
    if (!cJSON_IsString(program))
        return err_set_status(err, EXIT_USAGE, PROJECT_FILE ": program = \"FILE\" is missing");
    if (access(program->valuestring, F_OK) != 0)
        return err_set(err, PROJECT_FILE ":%u: program: %s: %s: build the program first", find_line("program"),
                       program->valuestring, strerror(errno));
    for (const cJSON *item = json->child; item; item = item->next)
        if (item != program && item != arguments && add_key(words, line, argv, item, err) != 0)
            return -1;
    add(words, arena_copy_string(words->arena, program->valuestring, strlen(program->valuestring)));
    for (char **word = argv; *word; word++)
        add(words, *word);
    if (arguments && line->verb->takes_arguments && !has_arguments(argv) && add_arguments(words, arguments, err) != 0)
        return -1;
    add(words, NULL);
    return 0;
}

int project_join(const struct command_line *line, char **argv, char ***joined, struct arena *arena, struct err *err)
{
    struct words words = {.arena = arena};
    cJSON *json = read_project(err);
    int result = json ? join(line, json, argv, &words, err) : -1;
    cJSON_Delete(json);
    *joined = (char **)words.items;
    return result;
}
