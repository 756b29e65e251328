#include "cc/driver.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/elf.h"
#include "base/proc.h"
#include "cc/container.h"
#include "cc/modules.h"
#include "image/image.h"
#include "link/program.h"

/* The note of a kernel that PVH boot loaders start: XEN_ELFNOTE_PHYS32_ENTRY (Xen's public/elfnote.h). */
#define PVH_NOTE_OWNER "Xen"
#define PVH_NOTE_TYPE  18

/* What is probably wrong where a second operand is no module. */
#define ARGUMENTS_HINT " (arguments of the program come behind --)"

/* --- telling how it goes --- */

double driver_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

void driver_tell(const struct driver *driver, const char *stage, double start)
{
    if (driver->verbose)
        fprintf(stderr, "%-8s %8.3f s\n", stage, driver_now() - start);
}

/* --- source to wasm bytes --- */

static int run_wat2wasm(const char *text, const char *wasm, struct err *err)
{
    const char *argv[] = {"wat2wasm", "--debug-names", text, "-o", wasm, NULL};
    return proc_run(argv, "wabt", NULL, err);
}

static int read_text(struct driver *driver, struct err *err)
{
    struct temp_dir temp;
    struct arena arena = {0};
    if (temp_dir_make(&temp, err) != 0)
        return -1;
    const char *wasm = arena_printf(&arena, "%s/program.wasm", temp.path);
    double start = driver_now();
    int result = run_wat2wasm(driver->input, wasm, err);
    if (result == 0)
        result = file_read(&driver->file, wasm, err); /* stays mapped when the folder goes */
    if (result == 0)
        driver_tell(driver, "text", start);
    temp_dir_remove(&temp);
    arena_free(&arena);
    return result;
}

static bool is_text(const char *path)
{
    size_t length = strlen(path);
    return length >= 4 && strcmp(path + length - 4, ".wat") == 0;
}

static enum input_kind elf_kind(const struct elf *elf)
{
    size_t size;
    if (elf->header.e_type == ET_REL)
        return INPUT_OBJECT;
    return elf_find_note(elf, PVH_NOTE_OWNER, PVH_NOTE_TYPE, &size) ? INPUT_KERNEL : INPUT_PROCESS;
}

static int refuse_kind(const struct driver *driver, struct err *err)
{
    static const char tar[] = "ustar";
    const struct file *file = &driver->file;
    if (file->size == 0)
        return err_set(err, "%s: is empty", driver->input);
    if (file->size > 512 && memcmp(file->data + 257, tar, strlen(tar)) == 0)
        return err_set(err, "%s: an archive: containerd takes container images, mewz-cc does not read them",
                       driver->input);
    return err_set(err, "%s: neither a WebAssembly module nor an object, a kernel or an image of mewz-cc's",
                   driver->input);
}

static int find_kind(struct driver *driver, struct err *err)
{
    const struct file *file = &driver->file;
    unsigned long offset, size;
    struct elf elf;
    driver->kind = INPUT_WASM;
    if (elf_has_magic(file->data, file->size)) {
        if (elf_open(&elf, driver->input, file->data, file->size, err) != 0)
            return -1;
        driver->kind = elf_kind(&elf);
        return 0;
    }
    driver->image = image_format_of_bytes(file->data, file->size);
    if (!driver->image)
        return file->size >= 4 && memcmp(file->data, "\0asm", 4) == 0 ? 0 : refuse_kind(driver, err);
    driver->kind = INPUT_IMAGE;
    if (driver->image->is_wrapped && image_unwrap(driver->image, driver->input, &driver->file, err) != 0)
        return -1;
    if (image_find_kernel(file->data, file->size, &offset, &size) != 0)
        return err_set(err, "%s: a %s image, but not one of mewz-cc's", driver->input, driver->image->name);
    return 0;
}

static int open_input(struct driver *driver, struct err *err)
{
    int result = is_text(driver->input) ? read_text(driver, err) : file_read(&driver->file, driver->input, err);
    if (result == 0 && find_kind(driver, err) != 0) {
        file_close(&driver->file);
        result = -1;
    }
    return result;
}

int driver_open(struct driver *driver, struct err *err)
{
    size_t wanted = driver->other_count;
    int result = open_input(driver, err);
    if (result == 0 && wanted > 0 && driver->kind != INPUT_WASM)
        result = err_set(err, "%s: is compiled already, modules can be linked with modules only" ARGUMENTS_HINT,
                         driver->input);
    for (driver->other_count = 0; result == 0 && driver->other_count < wanted; driver->other_count++) {
        result = open_input(&driver->others[driver->other_count], err);
        if (result != 0)
            err_append(err, ARGUMENTS_HINT);
    }
    if (result != 0)
        driver_close(driver);
    return result;
}

void driver_close(struct driver *driver)
{
    for (size_t i = 0; i < driver->other_count; i++)
        file_close(&driver->others[i].file);
    file_close(&driver->file);
    arena_free(&driver->arena);
}

/* --- wasm bytes to object --- */

/* What is more than this stage takes. */
static int refuse_finished(const struct driver *driver, struct err *err)
{
    switch (driver->kind) {
    case INPUT_PROCESS:
        return err_set(err, "%s: is linked already, for Linux: start it directly", driver->input);
    case INPUT_OBJECT:
        return err_set(err, "%s: is compiled already: mewz-cc build and run take it as it is", driver->input);
    default:
        return err_set(err, "%s: is linked already: mewz-cc convert makes other images of it, run starts it",
                       driver->input);
    }
}

static int compile_input(const struct driver *driver, bool will_link, const char *path, struct err *err)
{
    if (driver->kind != INPUT_WASM)
        return refuse_finished(driver, err);
    return modules_compile(driver, will_link, path, err);
}

int driver_write_object(const struct driver *driver, const char *path, struct err *err)
{
    return compile_input(driver, false, path, err);
}

/* --- object to executable --- */

const char *const *driver_join_args(const char *name, const char *const *arguments, struct arena *arena)
{
    size_t count = 0;
    while (arguments && arguments[count])
        count++;
    const char **args = arena_array(arena, count + 2, sizeof *args);
    const char *slash = strrchr(name, '/');
    args[0] = slash ? slash + 1 : name;
    if (count)
        memcpy(args + 1, arguments, count * sizeof *args);
    return args;
}

/* The program knows its name, also where the object's file has another one. */
static int link_object(const struct driver *driver, const char *object, const struct file *file, const char *path,
                       struct err *err)
{
    struct link_options options = driver->link;
    struct arena arena = {0};
    struct elf elf;
    double start = driver_now();
    int result = elf_open(&elf, driver->input, file->data, file->size, err);
    if (result == 0) {
        const char *name = program_name(&elf, &arena);
        options.config.args = driver_join_args(name ? name : driver->input, driver->arguments, &arena);
        result = link_program(object, &options, path, err);
    }
    if (result == 0)
        driver_tell(driver, "link", start);
    arena_free(&arena);
    return result;
}

static int compile_and_link(const struct driver *driver, const char *object, const char *path, struct err *err)
{
    struct file file;
    if (compile_input(driver, true, object, err) != 0 || file_read(&file, object, err) != 0)
        return -1;
    int result = link_object(driver, object, &file, path, err);
    err_replace(err, object, driver->input);
    file_close(&file);
    return result;
}

int driver_write_executable(const struct driver *driver, const char *path, struct err *err)
{
    struct temp_dir temp;
    if (driver->kind == INPUT_OBJECT)
        return link_object(driver, driver->input, &driver->file, path, err);
    if (driver->kind != INPUT_WASM)
        return refuse_finished(driver, err);
    if (temp_dir_make(&temp, err) != 0)
        return -1;
    struct arena arena = {0};
    int result = compile_and_link(driver, arena_printf(&arena, "%s/program.o", temp.path), path, err);
    temp_dir_remove(&temp);
    arena_free(&arena);
    return result;
}

/* --- executable to image, and back --- */

int driver_write_kernel(const struct driver *driver, const char *path, struct err *err)
{
    const struct file *file = &driver->file;
    unsigned long offset = 0, size = file->size;
    if (driver->kind == INPUT_IMAGE)
        image_find_kernel(file->data, file->size, &offset, &size);
    else if (driver->kind != INPUT_KERNEL)
        return err_set(err, "%s: not a kernel or an image: mewz-cc build makes them", driver->input);
    return file_write(path, file->data + offset, size, err);
}

/* A container image with the module itself, which is checked, but compiled where the image is used. */
static int write_module(const struct driver *driver, const char *path, struct err *err)
{
    struct wasm_module module;
    struct arena arena = {0};
    if (driver->kind != INPUT_WASM)
        return err_set(err, "%s: not a module, which --oci-wasm puts into an image", driver->input);
    struct link_config config = {driver->arguments, driver->link.config.env, driver->link.config.settings};
    int result =
        driver->other_count > 0
            ? err_set(err, "%s: a container image holds one module: leave the others out, or --oci-wasm", driver->input)
            : modules_decode(driver, &module, &arena, err);
    if (result == 0)
        result = container_write_wasm(driver->package.reference, driver->input, &driver->file, &config, path, err);
    arena_free(&arena);
    return result;
}

int driver_write_package(const struct driver *driver, const char *path, struct err *err)
{
    struct temp_dir temp;
    if (driver->package.wasm)
        return write_module(driver, path, err);
    if (strcmp(driver->package.format, "elf") == 0) {
        int result = driver_write_executable(driver, path, err);
        return result == 0 ? package_describe(&driver->package, path, err) : -1;
    }
    if (temp_dir_make(&temp, err) != 0)
        return -1;
    struct arena arena = {0};
    const char *kernel = arena_printf(&arena, "%s/program.elf", temp.path);
    int result = driver_write_executable(driver, kernel, err);
    if (result == 0) {
        double start = driver_now();
        result = package_kernel(&driver->package, kernel, path, err);
        driver_tell(driver, "image", start);
    }
    temp_dir_remove(&temp);
    arena_free(&arena);
    return result;
}
