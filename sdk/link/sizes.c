#include "link/sizes.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* A line of the map for a piece of an input file, as ld.lld lays it out; output sections begin 8 columns further to
 * the left, symbols 8 further to the right:
 *
 *             VMA              LMA     Size Align Out     In      Symbol
 *          201180           201180        b    16         app.o:(.text)
 *
 * The archive's members are named after their folder: "wasi-clock.o" is kernel-src/wasi/clock.c (Makefile). */
#define SIZE_COLUMN   34
#define OUTPUT_COLUMN 49
#define INPUT_COLUMN  57

enum kind { KIND_CODE, KIND_DATA, KIND_BSS, KIND_COUNT };

struct row {
    char name[32];
    uint64_t sizes[KIND_COUNT];
};

#define ROWS_MAX 32

struct table {
    struct row rows[ROWS_MAX]; /* the program first */
    size_t count;
    enum kind kind; /* of the output section whose inputs come now */
};

static struct row *find_row(struct table *table, const char *name, size_t length)
{
    if (length >= sizeof table->rows->name)
        length = sizeof table->rows->name - 1;
    for (size_t i = 0; i < table->count; i++)
        if (strncmp(table->rows[i].name, name, length) == 0 && table->rows[i].name[length] == 0)
            return &table->rows[i];
    if (table->count == ROWS_MAX)
        return &table->rows[ROWS_MAX - 1];
    struct row *row = &table->rows[table->count++];
    memcpy(row->name, name, length);
    return row;
}

static struct row *find_owner(struct table *table, const char *input, const char *object)
{
    size_t length = strlen(object);
    if (strncmp(input, object, length) == 0 && input[length] == ':')
        return &table->rows[0];
    const char *member = strstr(input, "libmewz.a(");
    if (member) {
        member += strlen("libmewz.a(");
        size_t folder = strcspn(member, "-)");
        return member[folder] == '-' ? find_row(table, member, folder) : find_row(table, "main", 4);
    }
    if (strstr(input, "/ksyms.o:("))
        return find_row(table, "symbol names", 12);
    if (strstr(input, "/config.o:("))
        return find_row(table, "configuration", 13);
    return find_row(table, "strings", 7); /* merged by the linker */
}

static enum kind section_kind(const char *name)
{
    if (strncmp(name, ".text", 5) == 0)
        return KIND_CODE;
    return strncmp(name, ".bss", 4) == 0 ? KIND_BSS : KIND_DATA;
}

static void read_line(struct table *table, const char *line, const char *object)
{
    size_t length = strlen(line);
    if (length <= OUTPUT_COLUMN || strtoull(line, NULL, 16) == 0) /* not in memory: debug information */
        return;
    if (line[OUTPUT_COLUMN] == '.' && line[OUTPUT_COLUMN + 1] != ' ') { /* ". = " is an assignment */
        table->kind = section_kind(line + OUTPUT_COLUMN);
    } else if (length > INPUT_COLUMN && line[INPUT_COLUMN] != ' ' && strstr(line + INPUT_COLUMN, ":(")) {
        uint64_t size = strtoull(line + SIZE_COLUMN, NULL, 16);
        find_owner(table, line + INPUT_COLUMN, object)->sizes[table->kind] += size;
    }
}

static void add_row(struct row *sum, const struct row *row)
{
    for (int kind = 0; kind < KIND_COUNT; kind++)
        sum->sizes[kind] += row->sizes[kind];
}

static void print_row(const struct row *row, FILE *stream)
{
    fprintf(stream, "  %-16s %10lu %10lu %10lu\n", row->name, row->sizes[KIND_CODE], row->sizes[KIND_DATA],
            row->sizes[KIND_BSS]);
}

static void print_table(const struct table *table, FILE *stream)
{
    struct row system = {.name = "system in all"}, total = {.name = "total"};
    fprintf(stream, "  %-16s %10s %10s %10s\n", "bytes", "code", "data", "zeroed");
    for (size_t i = 0; i < table->count; i++) {
        print_row(&table->rows[i], stream);
        add_row(&total, &table->rows[i]);
        if (i > 0)
            add_row(&system, &table->rows[i]);
    }
    print_row(&system, stream);
    print_row(&total, stream);
}

int sizes_print(const char *map, const char *object, FILE *stream, struct err *err)
{
    struct file file;
    if (file_read(&file, map, err) != 0)
        return -1;
    struct table table = {.rows = {{.name = "program"}}, .count = 1};
    const char *at = (const char *)file.data, *end = at + file.size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((newline ? newline : end) - at);
        char line[8192]; /* a longer one is a symbol, and those do not count */
        if (length < sizeof line) {
            memcpy(line, at, length);
            line[length] = 0;
            read_line(&table, line, object);
        }
        at += length + 1;
    }
    file_close(&file);
    print_table(&table, stream);
    return 0;
}
