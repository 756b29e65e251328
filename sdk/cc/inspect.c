/* mewz-cc inspect: what is in a module, an object, an executable or an image. */
#include "cc/inspect.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/proc.h"
#include "base/text.h"
#include "cc/driver.h"
#include "cc/json.h"
#include "cc/settings.h"
#include "image/image.h"
#include "link/imports.h"

static const char help[] = "Says what is in a file: of a module its imports, exports, memory, features and\n"
                           "sections, and which systems have the imports; of an object what it asks of its system;\n"
                           "of an executable or an image the program in it with its arguments and environment;\n"
                           "and of each what its functions became.\n";

static cJSON *document; /* NULL: lines are wanted, no object */

void inspect_print(const char *label, const char *format, ...)
{
    va_list args;
    if (document)
        return;
    va_start(args, format);
    printf("%-12s ", label);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

void inspect_set(const char *key, cJSON *value)
{
    if (document)
        cJSON_AddItemToObject(document, key, value);
    else
        cJSON_Delete(value);
}

void inspect_append(const char *key, cJSON *value)
{
    if (!document) {
        cJSON_Delete(value);
        return;
    }
    cJSON *list = cJSON_GetObjectItemCaseSensitive(document, key);
    cJSON_AddItemToArray(list ? list : cJSON_AddArrayToObject(document, key), value);
}

void inspect_append_strings(const char *key, const char *const *strings)
{
    for (; strings && *strings; strings++)
        inspect_append(key, cJSON_CreateString(*strings));
}

cJSON *inspect_numbers(const char *key, ...)
{
    cJSON *object = cJSON_CreateObject();
    va_list args;
    va_start(args, key);
    for (; key; key = va_arg(args, const char *))
        cJSON_AddNumberToObject(object, key, (double)va_arg(args, uint64_t));
    va_end(args);
    return object;
}

const char *inspect_printable(const char *bytes, size_t size, struct arena *arena)
{
    char *text = arena_copy_string(arena, bytes, size);
    text_make_printable(text, size);
    return text;
}

/* --- which systems have an import --- */

static const char *const system_names[INSPECT_SYSTEM_COUNT] = {"x86_64-mewz", "x86_64-linux"};

static void close_systems(struct inspect_systems *systems)
{
    for (size_t i = 0; i < INSPECT_SYSTEM_COUNT; i++)
        archive_close(&systems->archives[i]);
}

static int open_systems(struct inspect_systems *systems, struct arena *arena, struct err *err)
{
    *systems = (struct inspect_systems){0};
    for (size_t i = 0; i < INSPECT_SYSTEM_COUNT; i++) {
        char *path = sdk_file(arena_printf(arena, "lib/%s/libmewz.a", system_names[i]), err);
        int result = path ? archive_open(&systems->archives[i], path, err) : -1;
        free(path);
        if (result != 0) {
            close_systems(systems);
            return -1;
        }
    }
    return 0;
}

void inspect_print_import(const char *symbol, const char *type, const struct inspect_systems *systems,
                          struct arena *arena)
{
    const char *name = inspect_printable(symbol, strlen(symbol), arena);
    struct buf text = {0};
    cJSON *import = cJSON_CreateObject();
    cJSON_AddStringToObject(import, "name", name);
    if (type)
        cJSON_AddStringToObject(import, "type", type);
    cJSON *list = cJSON_AddArrayToObject(import, "systems");
    for (size_t i = 0; i < INSPECT_SYSTEM_COUNT; i++) {
        bool found = imports_find(&systems->archives[i], symbol) == IMPORT_FOUND;
        buf_printf(&text, " %s%s", found ? "" : "not ", system_names[i]);
        if (found)
            cJSON_AddItemToArray(list, cJSON_CreateString(system_names[i]));
    }
    inspect_print("import", "%s%s%s:%.*s", name, type ? " " : "", type ? type : "", (int)text.size, text.data);
    inspect_append("imports", import);
    buf_free(&text);
}

/* --- by kind of file --- */

static int read_module(const struct driver *driver, struct wasm_module *module, struct arena *arena, struct err *err)
{
    if (wasm_decode(module, driver->input, driver->file.data, driver->file.size, arena, err) != 0)
        return -1;
    return wasm_validate(module, arena, err);
}

static int inspect_code(struct driver *driver, const struct settings *settings, struct arena *arena, struct err *err)
{
    struct wasm_module module;
    bool is_module = driver->kind == INPUT_WASM;
    if (is_module && read_module(driver, &module, arena, err) != 0)
        return -1;
    if (settings->sizes)
        return inspect_sizes(driver, is_module ? &module : NULL, arena, err);
    if (!is_module)
        return err_set(err, "%s: is compiled already, --function is for modules", driver->input);
    driver->compile.locate_all = true;
    return inspect_function(driver, &module, settings->function, arena, err);
}

static int inspect_wasm(const struct driver *driver, const struct inspect_systems *systems, struct arena *arena,
                        struct err *err)
{
    struct wasm_module module;
    if (read_module(driver, &module, arena, err) != 0)
        return -1;
    inspect_module(&module, systems, arena);
    return 0;
}

static int inspect_elf(const struct driver *driver, const struct inspect_systems *systems, struct arena *arena,
                       struct err *err)
{
    const struct file *file = &driver->file;
    unsigned long offset = 0, size = file->size;
    struct elf elf;
    if (driver->kind == INPUT_IMAGE)
        image_find_kernel(file->data, file->size, &offset, &size);
    if (elf_open(&elf, driver->input, file->data + offset, size, err) != 0)
        return -1;
    if (driver->kind == INPUT_OBJECT)
        return inspect_object(driver->input, &elf, systems, arena, err);
    inspect_executable(driver->input, &elf, offset, file->size, arena);
    return 0;
}

static int inspect_file(const struct driver *driver, struct arena *arena, struct err *err)
{
    struct inspect_systems systems;
    if (open_systems(&systems, arena, err) != 0)
        return -1;
    int result = driver->kind == INPUT_WASM ? inspect_wasm(driver, &systems, arena, err)
                                            : inspect_elf(driver, &systems, arena, err);
    close_systems(&systems);
    return result;
}

static int inspect(struct settings *settings, const struct command_line *line, struct err *err)
{
    struct driver driver;
    if (settings->sizes && settings->function)
        return err_set_status(err, EXIT_USAGE, "%s: --sizes or --function, not both", line->verb->name);
    if (settings_open_driver(settings, line, &driver, err) != 0)
        return -1;
    if (settings->json)
        document = cJSON_CreateObject();
    int result = settings->sizes || settings->function ? inspect_code(&driver, settings, &settings->arena, err)
                                                       : inspect_file(&driver, &settings->arena, err);
    if (result == 0 && document)
        json_print(document, stdout);
    cJSON_Delete(document);
    driver_close(&driver);
    return result;
}

const struct verb verb_inspect = {
    .name = "inspect",
    .summary = "say what is in a module, an object or an image",
    .usage = "APP.wasm|APP.wat|APP.o|IMAGE|ELF [options]",
    .help = help,
    .options = SETTINGS_INSPECT,
    .operand = "file",
    .operand_minimum = 1,
    .operand_maximum = 1,
    .action = inspect,
};
