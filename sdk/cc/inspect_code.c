/* What a program's functions became: their native code lies in a linked program, whose code map says where. */
#include <stdlib.h>
#include <string.h>

#include "cc/inspect.h"
#include "image/image.h"
#include "link/program_code.h"

/* Links for Linux, since that takes least. Imports that it lacks do not matter here. */
static int link_input(const struct driver *driver, struct file *file, struct arena *arena, struct err *err)
{
    struct driver linker = *driver;
    struct temp_dir temp;
    linker.link.target = link_target_find("x86_64-linux");
    linker.link.allow_missing = true;
    if (temp_dir_make(&temp, err) != 0)
        return -1;
    const char *path = arena_printf(arena, "%s/program", temp.path);
    int result = driver_write_executable(&linker, path, err);
    if (result == 0)
        result = file_read(file, path, err); /* stays mapped when the folder goes */
    temp_dir_remove(&temp);
    return result;
}

/* Opens the linked program that the input is, has in it, or becomes. `file` holds what was linked, and is the caller's
 * to close. */
static int open_program(const struct driver *driver, struct file *file, struct elf *elf, struct arena *arena,
                        struct err *err)
{
    const uint8_t *bytes = driver->file.data;
    unsigned long offset = 0, size = driver->file.size;
    if (driver->kind == INPUT_WASM || driver->kind == INPUT_OBJECT) {
        if (link_input(driver, file, arena, err) != 0)
            return -1;
        bytes = file->data;
        size = file->size;
    } else if (driver->kind == INPUT_IMAGE) {
        image_find_kernel(bytes, size, &offset, &size);
    }
    return elf_open(elf, driver->input, bytes + offset, size, err);
}

/* --- sizes --- */

static int compare_sizes(const void *a, const void *b)
{
    const struct program_func *left = a, *right = b;
    if (left->code_size != right->code_size)
        return left->code_size < right->code_size ? 1 : -1;
    if (left->wasm_size != right->wasm_size)
        return left->wasm_size < right->wasm_size ? 1 : -1;
    return left->index < right->index ? -1 : left->index > right->index;
}

static void print_func(const struct program_func *func, const char *main_module, struct arena *arena)
{
    bool is_main = strcmp(func->module, main_module) == 0;
    const char *name = inspect_printable(func->name, strlen(func->name), arena);
    const char *module = inspect_printable(func->module, strlen(func->module), arena);
    cJSON *json = inspect_numbers("native", (uint64_t)func->code_size, "wasm", (uint64_t)func->wasm_size, NULL);
    cJSON_AddStringToObject(json, "name", name);
    cJSON_AddStringToObject(json, "module", module);
    if (func->index != WASM_NO_INDEX)
        cJSON_AddNumberToObject(json, "index", func->index);
    inspect_append("functions", json);
    inspect_print("function", "%10u native %10u wasm  %s%s%s", func->code_size, func->wasm_size, is_main ? "" : module,
                  is_main ? "" : ": ", name);
}

static int print_sizes(const struct driver *driver, const struct elf *elf, struct arena *arena, struct err *err)
{
    struct program_code code;
    uint64_t native = 0, wasm = 0;
    if (!program_code_read(elf, &code, arena))
        return err_set(err, "%s: no program in it that this version of mewz-cc compiled", driver->input);
    const char *main_module = code.funcs[0].module;
    qsort(code.funcs, code.func_count, sizeof *code.funcs, compare_sizes);
    for (size_t i = 0; i < code.func_count; i++) {
        native += code.funcs[i].code_size;
        wasm += code.funcs[i].wasm_size;
    }
    inspect_print("code", "%10lu native %10lu wasm  bytes in %lu functions", native, wasm, code.func_count);
    inspect_set("code", inspect_numbers("native", native, "wasm", wasm, NULL));
    for (size_t i = 0; i < code.func_count; i++)
        print_func(&code.funcs[i], main_module, arena);
    return 0;
}

int inspect_sizes(const struct driver *driver, const struct wasm_module *module, struct arena *arena, struct err *err)
{
    struct file file = {0};
    struct elf elf;
    int result = open_program(driver, &file, &elf, arena, err);
    if (result == 0 && module)
        inspect_sections(module, arena);
    if (result == 0)
        result = print_sizes(driver, &elf, arena, err);
    file_close(&file);
    return result;
}
