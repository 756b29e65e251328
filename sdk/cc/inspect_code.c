/* What a program's functions became: their native code lies in a linked program, whose code map says where. */
#include <stdlib.h>
#include <string.h>

#include "cc/inspect.h"
#include "image/image.h"

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

int inspect_open_program(struct inspect_program *program, const struct driver *driver, struct arena *arena,
                         struct err *err)
{
    const struct file *file = &driver->file;
    unsigned long offset = 0, size = file->size;
    program->linked = (struct file){0};
    if (driver->kind == INPUT_WASM || driver->kind == INPUT_OBJECT) {
        file = &program->linked;
        if (link_input(driver, &program->linked, arena, err) != 0)
            return -1;
        size = file->size;
    } else if (driver->kind == INPUT_IMAGE) {
        image_find_kernel(file->data, file->size, &offset, &size);
    }
    int result = elf_open(&program->elf, driver->input, file->data + offset, size, err);
    if (result == 0 && !program_code_read(&program->elf, &program->code, arena))
        result = err_set(err, "%s: no program in it that this version of mewz-cc compiled", driver->input);
    if (result != 0)
        inspect_close_program(program);
    return result;
}

void inspect_close_program(struct inspect_program *program)
{
    file_close(&program->linked);
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

static void print_sizes(const struct program_code *code, struct arena *arena)
{
    const char *main_module = code->funcs[0].module;
    uint64_t native = 0, wasm = 0;
    qsort(code->funcs, code->func_count, sizeof *code->funcs, compare_sizes);
    for (size_t i = 0; i < code->func_count; i++) {
        native += code->funcs[i].code_size;
        wasm += code->funcs[i].wasm_size;
    }
    inspect_print("code", "%10lu native %10lu wasm  bytes in %lu functions", native, wasm, code->func_count);
    inspect_set("code", inspect_numbers("native", native, "wasm", wasm, NULL));
    for (size_t i = 0; i < code->func_count; i++)
        print_func(&code->funcs[i], main_module, arena);
}

int inspect_sizes(const struct driver *driver, const struct wasm_module *module, struct arena *arena, struct err *err)
{
    struct inspect_program program;
    if (inspect_open_program(&program, driver, arena, err) != 0)
        return -1;
    if (module)
        inspect_sections(module, arena);
    print_sizes(&program.code, arena);
    inspect_close_program(&program);
    return 0;
}
