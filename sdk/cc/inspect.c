/* mewz-cc inspect: what is in a module, an object, an executable or an image. */
#include "cc/inspect.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cc/driver.h"
#include "cc/settings.h"
#include "cc/verb.h"
#include "image/image.h"

static const char help[] = "Says what is in a file: of a module its imports, exports, memory, features and\n"
                           "sections, and which systems have the imports; of an object what it asks of its system;\n"
                           "of an executable or an image the program in it with its arguments and environment.\n";

void inspect_print(const char *label, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%-12s ", label);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

const char *inspect_printable(const char *bytes, size_t size, struct arena *arena)
{
    char *text = arena_copy_string(arena, bytes, size);
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
    return text;
}

static int inspect_wasm(const char *path, const struct file *file, struct arena *arena, struct err *err)
{
    struct wasm_module module;
    if (wasm_decode(&module, path, file->data, file->size, arena, err) != 0 || wasm_validate(&module, arena, err) != 0)
        return -1;
    return inspect_module(&module, arena, err);
}

static int inspect_elf(const char *path, const struct file *file, enum file_kind kind, struct arena *arena,
                       struct err *err)
{
    unsigned long offset = 0, size = file->size;
    struct elf elf;
    if (kind == FILE_IMAGE)
        image_find_kernel(file->data, file->size, &offset, &size);
    if (elf_open(&elf, path, file->data + offset, size, err) != 0)
        return -1;
    if (kind == FILE_OBJECT)
        return inspect_object(path, &elf, arena, err);
    inspect_executable(path, &elf, offset, file->size, arena);
    return 0;
}

static int inspect(const char *path, struct arena *arena, struct err *err)
{
    struct driver driver = {.input = path};
    enum file_kind kind;
    struct file file;
    if (driver_file_kind(path, &kind, err) != 0 || driver_read_source(&driver, kind, &file, err) != 0)
        return -1;
    int result = kind == FILE_WASM || kind == FILE_TEXT ? inspect_wasm(path, &file, arena, err)
                                                        : inspect_elf(path, &file, kind, arena, err);
    file_close(&file);
    return result;
}

static int run(char **argv, struct err *err)
{
    struct command_line line = {
        .verb = "inspect",
        .verb_bit = SETTINGS_INSPECT,
        .usage = "APP.wasm|APP.wat|APP.o|IMAGE|ELF",
        .help = help,
        .operand_minimum = 1,
        .operand_maximum = 1,
    };
    struct settings settings;
    struct arena arena = {0};
    int result = settings_parse(&settings, &line, argv, &arena, err);
    if (result == 0 && !line.wants_help)
        result = inspect(line.operands[0], &arena, err);
    arena_free(&arena);
    return result;
}

const struct verb verb_inspect = {"inspect", "say what is in a module, an object or an image", run};
