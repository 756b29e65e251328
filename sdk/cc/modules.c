#include "cc/modules.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/proc.h"
#include "base/sha256.h"
#include "cc/compiler.h"
#include "cc/object_cache.h"
#include "wasm/bind.h"
#include "wasm/symbol.h"

struct program {
    const struct driver *driver;
    struct wasm_module *modules; /* the main one first; `count` of these and of the following */
    struct wasm_instance *instances;
    bool *is_placed; /* in the list of instances */
    uint32_t count;
    struct wasm_instance *last; /* of the list */
    struct arena *arena;
};

const char *modules_name(const char *operand, const char **file, struct arena *arena)
{
    const char *equals = strchr(operand, '='), *slash = strrchr(operand, '/');
    *file = operand;
    if (equals && equals > operand && (!slash || slash > equals) && access(operand, F_OK) != 0) {
        *file = equals + 1;
        return arena_copy_string(arena, operand, (size_t)(equals - operand));
    }
    const char *name = slash ? slash + 1 : operand, *dot = strrchr(name, '.');
    return arena_copy_string(arena, name, dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

static const struct driver *input_of(const struct program *program, uint32_t index)
{
    return index == 0 ? program->driver : &program->driver->others[index - 1];
}

/* --- checks of one module --- */

static int check_memory(const struct wasm_module *module, const struct compile_options *options, struct err *err)
{
    for (uint32_t i = 0; i < module->memory_count; i++)
        if (options->memory_max && module->memories[i].limits.min > options->memory_max)
            return err_set(err, "%s: its memory begins with %lu bytes, more than --memory-max", module->file,
                           module->memories[i].limits.min * 65536);
    return 0;
}

int modules_decode(const struct driver *input, struct wasm_module *module, struct arena *arena, struct err *err)
{
    double start = driver_now();
    if (input->kind != INPUT_WASM)
        return err_set(err, "%s: is compiled already", input->input);
    if (wasm_decode(module, input->input, input->file.data, input->file.size, arena, err) != 0)
        return -1;
    driver_tell(input, "decode", start);
    start = driver_now();
    if (wasm_validate(module, arena, err) != 0)
        return -1;
    driver_tell(input, "validate", start);
    return 0;
}

/* What a module wants of the system. WASI functions read and write the memory at mewz_memory: a module that has
 * another one would not find there what it asked for. */
static int check_imports(const struct program *program, uint32_t index, struct err *err)
{
    const struct wasm_instance *instance = &program->instances[index];
    const struct wasm_module *module = instance->module;
    struct link_options options = program->driver->link;
    const char **symbols = arena_array(program->arena, (size_t)module->import_count + 1, sizeof *symbols);
    size_t count = 0;
    const char *wasi = NULL; /* one of them that is WASI's */
    for (uint32_t i = 0; i < module->import_count; i++) {
        bool is_known = false;
        if (module->imports[i].kind == WASM_EXTERN_FUNC && !instance->bindings[i].instance)
            symbols[count++] = wasm_import_symbol(module, &module->imports[i], program->arena, &is_known);
        if (is_known)
            wasi = symbols[count - 1];
    }
    if (wasi && module->memory_count > 0 && instance->fixed_memory != 0)
        return err_set(err, "%s: imports %s, which works on the memory of %s, but it has another one", module->file,
                       wasi, program->driver->input);
    options.name = module->file;
    return options.allow_missing ? 0 : link_check_imports(symbols, &options, err);
}

/* --- binding --- */

static const struct wasm_instance *find_module(void *context, struct wasm_name name)
{
    const struct program *program = context;
    for (uint32_t i = 0; i < program->count; i++) {
        const char *label = input_of(program, i)->module_name;
        if (strlen(label) == name.size && (name.size == 0 || memcmp(label, name.bytes, name.size) == 0))
            return &program->instances[i];
    }
    return NULL;
}

static bool is_same_name(struct wasm_name a, struct wasm_name b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

static struct wasm_limits *limits_of(struct wasm_module *module, enum wasm_extern_kind kind, uint32_t index)
{
    return kind == WASM_EXTERN_MEMORY ? &module->memories[index].limits : &module->tables[index].type.limits;
}

static bool is_own(const struct wasm_instance *instance, const struct wasm_import *import)
{
    const struct wasm_binding *binding = wasm_binding_of(instance, import);
    return binding->instance == instance && binding->index == import->index;
}

/* A memory or table that no module provides is one for all that import it, and has the size that suits them all. The
 * first one has it. */
static void share_import(struct program *program, uint32_t index, const struct wasm_import *import)
{
    for (uint32_t i = 0; i < index; i++)
        for (uint32_t j = 0; j < program->modules[i].import_count; j++) {
            const struct wasm_import *other = &program->modules[i].imports[j];
            if (other->kind != import->kind || !is_same_name(other->module, import->module) ||
                !is_same_name(other->name, import->name) || !is_own(&program->instances[i], other))
                continue;
            struct wasm_limits *shared = limits_of(&program->modules[i], other->kind, other->index);
            const struct wasm_limits *wanted = limits_of(&program->modules[index], import->kind, import->index);
            shared->min = wanted->min > shared->min ? wanted->min : shared->min;
            shared->max = wanted->max < shared->max ? wanted->max : shared->max;
            shared->has_max |= wanted->has_max;
            program->instances[index].bindings[import - program->modules[index].imports] =
                (struct wasm_binding){&program->instances[i], other->index};
            return;
        }
}

static void share_imports(struct program *program, uint32_t index)
{
    const struct wasm_module *module = &program->modules[index];
    for (uint32_t i = 0; i < module->import_count; i++)
        if (is_own(&program->instances[index], &module->imports[i]))
            share_import(program, index, &module->imports[i]);
}

static int bind(struct program *program, struct err *err)
{
    for (uint32_t i = 0; i < program->count; i++)
        if (wasm_bind_names(&program->instances[i], find_module, program, program->arena, err) != 0)
            return -1;
    for (uint32_t i = 0; i < program->count; i++)
        share_imports(program, i);
    for (uint32_t i = 0; i < program->count; i++)
        if (wasm_bind_types(&program->instances[i], err) != 0 || wasm_bind_sizes(&program->instances[i], err) != 0)
            return -1;
    return 0;
}

/* --- what the program as a whole decides --- */

/* Instances come behind those that they import from; where they import from each other, behind as many as possible. */
static void place(struct program *program, uint32_t index)
{
    struct wasm_instance *instance = &program->instances[index];
    if (program->is_placed[index])
        return;
    program->is_placed[index] = true;
    for (uint32_t i = 0; i < instance->module->import_count; i++)
        if (instance->bindings[i].instance)
            place(program, (uint32_t)(instance->bindings[i].instance - program->instances));
    program->last->next = instance;
    program->last = instance;
}

static void place_all(struct program *program)
{
    program->last = &program->instances[0];
    program->is_placed[0] = true; /* the list begins with it, but it is instantiated last */
    for (uint32_t i = 0; i < program->modules[0].import_count; i++)
        if (program->instances[0].bindings[i].instance)
            place(program, (uint32_t)(program->instances[0].bindings[i].instance - program->instances));
    for (uint32_t i = 1; i < program->count; i++)
        place(program, i);
}

/* The definition that memory `index` of an instance is. */
static struct wasm_binding memory_of(const struct wasm_instance *instance, uint32_t index)
{
    const struct wasm_binding *binding = wasm_binding_of(instance, instance->module->memories[index].import);
    return binding ? *binding : (struct wasm_binding){instance, index};
}

/* The memory at mewz_memory: the main module's first one, or any. */
static void fix_memory(struct program *program)
{
    struct wasm_binding fixed = {0};
    for (uint32_t i = 0; i < program->count && !fixed.instance; i++)
        if (program->modules[i].memory_count > 0)
            fixed = memory_of(&program->instances[i], 0);
    for (uint32_t i = 0; i < program->count; i++) {
        program->instances[i].fixed_memory = WASM_NO_INDEX;
        for (uint32_t j = program->modules[i].memory_count; j-- > 0;) {
            struct wasm_binding memory = memory_of(&program->instances[i], j);
            if (memory.instance == fixed.instance && memory.index == fixed.index)
                program->instances[i].fixed_memory = j;
        }
    }
}

static void choose_convention(struct program *program)
{
    uint64_t features = 0;
    bool can_throw = false;
    for (uint32_t i = 0; i < program->count; i++) {
        features |= program->modules[i].features;
        can_throw |= wasm_may_throw(&program->instances[i], program->arena);
    }
    for (uint32_t i = 0; i < program->count; i++) {
        program->instances[i].has_tail_calls = features >> WASM_FEATURE_TAIL_CALL & 1;
        program->instances[i].can_throw = can_throw;
    }
}

/* --- compiling --- */

static int compile_one(const struct program *program, uint32_t index, const char *path, struct err *err)
{
    struct compile_options options = program->driver->compile;
    const struct driver *input = input_of(program, index);
    struct sha256_text digest = sha256_text(input->file.data, input->file.size);
    options.instance = &program->instances[index];
    options.digest = digest.digits;
    return compiler_compile(&program->modules[index], &options, path, err);
}

static int compile_and_join(const struct program *program, const struct temp_dir *temp, const char *path,
                            struct err *err)
{
    const char **argv = arena_array(program->arena, (size_t)program->count + 5, sizeof *argv);
    size_t argc = 0;
    argv[argc++] = "ld.lld-19";
    argv[argc++] = "-r";
    argv[argc++] = "-o";
    argv[argc++] = path;
    for (uint32_t i = 0; i < program->count; i++) {
        argv[argc] = arena_printf(program->arena, "%s/%u.o", temp->path, i);
        if (compile_one(program, i, argv[argc++], err) != 0)
            return -1;
    }
    return proc_run(argv, "lld-19", NULL, err);
}

static int compile(const struct program *program, const char *path, struct err *err)
{
    struct temp_dir temp;
    if (program->count == 1)
        return compile_one(program, 0, path, err);
    if (temp_dir_make(&temp, err) != 0)
        return -1;
    int result = compile_and_join(program, &temp, path, err);
    temp_dir_remove(&temp);
    return result;
}

/* Takes the object from the cache, or else compiles it and puts it there. */
static int compile_or_fetch(const struct program *program, const char *path, struct err *err)
{
    const struct driver *driver = program->driver;
    double start = driver_now();
    struct cache cache;
    object_cache_open(&cache, driver);
    struct sha256_text key = object_cache_key(driver);
    bool is_cached = cache_fetch(&cache, key.digits, path);
    int result = is_cached ? 0 : compile(program, path, err);
    if (result == 0) {
        driver_tell(driver, is_cached ? "cached" : "compile", start);
        if (!is_cached)
            cache_store(&cache, key.digits, path);
    }
    cache_close(&cache);
    return result;
}

static int check_names(const struct program *program, struct err *err)
{
    for (uint32_t i = 0; i < program->count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(input_of(program, i)->module_name, input_of(program, j)->module_name) == 0)
                return err_set(err, "%s: a second module \"%s\": give it another name with NAME=FILE",
                               input_of(program, i)->input, input_of(program, i)->module_name);
    return 0;
}

static int make_program(struct program *program, bool will_link, struct err *err)
{
    for (uint32_t i = 0; i < program->count; i++) {
        if (modules_decode(input_of(program, i), &program->modules[i], program->arena, err) != 0 ||
            check_memory(&program->modules[i], &program->driver->compile, err) != 0)
            return -1;
        program->instances[i].module = &program->modules[i];
        program->instances[i].label = i == 0 ? NULL : input_of(program, i)->module_name;
        program->instances[i].is_shared = program->count > 1;
    }
    if (check_names(program, err) != 0 || bind(program, err) != 0)
        return -1;
    place_all(program);
    fix_memory(program);
    choose_convention(program);
    for (uint32_t i = 0; will_link && i < program->count; i++)
        if (check_imports(program, i, err) != 0)
            return -1;
    return 0;
}

int modules_compile(const struct driver *driver, bool will_link, const char *path, struct err *err)
{
    struct arena arena = {0};
    struct program program = {.driver = driver, .count = (uint32_t)driver->other_count + 1, .arena = &arena};
    program.modules = arena_array(&arena, program.count, sizeof *program.modules);
    program.instances = arena_array(&arena, program.count, sizeof *program.instances);
    program.is_placed = arena_array(&arena, program.count, sizeof *program.is_placed);
    int result = make_program(&program, will_link, err);
    if (result == 0)
        result = compile_or_fetch(&program, path, err);
    arena_free(&arena);
    return result;
}
