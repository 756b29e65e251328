/* compile.c: the way of a module to an object: plan, units on all processors, code map, one object. */
#include "llvm/compile.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/proc.h"
#include "base/text.h"
#include "llvm/code_map.h"
#include "llvm/emit.h"
#include "llvm/import.h"
#include "llvm/instance.h"
#include "llvm/lower.h"
#include "llvm/plan.h"
#include "llvm/source.h"
#include "llvm/supported.h"
#include "llvm/symbols.h"
#include "llvm/target.h"

#include <mewz/provenance.h>

/* What the threads share. Each takes the next unit that nobody has taken. */
struct work {
    const struct wasm_instance *instance;
    const struct compile_options *options;
    const struct plan *plan;
    atomic_uint next;
    pthread_mutex_t lock; /* of progress */
    uint32_t done;        /* units */
    struct timespec begin;
    char **objects;     /* the paths of their files: one a unit, and behind them the code map */
    struct err *errors; /* one a unit */
};

static int lower_unit(struct unit *unit, struct err *err)
{
    uint32_t first = unit->plan->first_func[unit->index], end = unit->plan->first_func[unit->index + 1];

    for (uint32_t i = first; i < end; i++) /* declared in order, they lie in order */
        unit_func(unit, i);
    for (uint32_t i = first; i < end; i++)
        if (lower_func(unit, i, err) < 0)
            return -1;
    if (unit->index == 0)
        instance_define(unit);
    return 0;
}

static void compile_unit(struct work *work, uint32_t index)
{
    struct err *err = &work->errors[index];
    struct compile_options options = *work->options;
    LLVMTargetMachineRef machine;
    struct unit unit;

    if (work->plan->unit_is_plain[index])
        options.optimise = 0;
    machine = target_machine_new(&options, err);
    if (!machine)
        return;
    unit_init(&unit, work->instance, work->plan, &options, index, machine);
    if (lower_unit(&unit, err) == 0)
        emit_unit(&unit, work->objects[index], err);
    unit_fini(&unit);
    LLVMDisposeTargetMachine(machine);
}

/* Which module this is, in a section that takes no memory (mewz/provenance.h). LLVM's own globals always do. */
static void note_module(struct unit *unit)
{
    char text[160];
    int size = snprintf(text, sizeof(text), ".section %s,\"\",@progbits\n.asciz \"%s\"\n", MEWZ_SECTION_MODULE,
                        unit->options->digest);

    LLVMAppendModuleInlineAsm(unit->module, text, (size_t)size);
}

/* The code map is a unit of its own that comes after all others, since it tells where their code is. */
static int compile_code_map(struct work *work, struct arena *arena, struct err *err)
{
    LLVMTargetMachineRef machine = target_machine_new(work->options, err);
    struct code_map map;
    struct unit unit;
    int result = 0;

    code_map_init(&map, work->instance, work->plan->source, arena);
    for (uint32_t i = 0; result == 0 && i < work->plan->unit_count; i++)
        result = code_map_add_object(&map, work->objects[i], err);
    if (result == 0) {
        unit_init(&unit, work->instance, work->plan, work->options, work->plan->unit_count, machine);
        result = code_map_define(&map, &unit, err);
        if (work->options->digest)
            note_module(&unit);
        if (result == 0)
            result = emit_unit(&unit, work->objects[work->plan->unit_count], err);
        unit_fini(&unit);
    }
    code_map_fini(&map);
    LLVMDisposeTargetMachine(machine);
    return result;
}

/* One unit more is done; or, with 0, all of them and the program's object too. */
static void tell_progress(struct work *work, uint32_t units)
{
    struct timespec now;

    if (!work->options->progress)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&work->lock);
    work->done = units ? work->done + units : work->plan->unit_count + 1;
    work->options->progress(work->done, work->plan->unit_count + 1,
                            (double)(now.tv_sec - work->begin.tv_sec) +
                                (double)(now.tv_nsec - work->begin.tv_nsec) / 1e9);
    pthread_mutex_unlock(&work->lock);
}

static void *run_thread(void *argument)
{
    struct work *work = argument;
    uint32_t place;

    while ((place = atomic_fetch_add(&work->next, 1)) < work->plan->unit_count) {
        compile_unit(work, work->plan->order[place]);
        tell_progress(work, 1);
    }
    return NULL;
}

/* Those that this process may run on: fewer than there are in a container, or by taskset(1). */
static unsigned processor_count(void)
{
    cpu_set_t processors;
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    if (sched_getaffinity(0, sizeof(processors), &processors) == 0) /* it fails for more than CPU_SETSIZE */
        count = CPU_COUNT(&processors);
    return count > 0 ? (unsigned)count : 1;
}

static unsigned thread_count(const struct work *work)
{
    unsigned count = work->options->jobs ? work->options->jobs : processor_count();

    return count < work->plan->unit_count ? count : work->plan->unit_count;
}

/* This thread works too, so that a machine that gives no further threads is only slower. */
static void compile_units(struct work *work)
{
    unsigned count = thread_count(work), started = 0;
    pthread_t *threads = memory_alloc(count * sizeof(*threads));

    while (started + 1 < count && pthread_create(&threads[started], NULL, run_thread, work) == 0)
        started++;
    run_thread(work);
    while (started > 0)
        pthread_join(threads[--started], NULL);
    free(threads);
}

/* The first unit's error, whichever thread failed first. */
static int first_error(const struct work *work, struct err *err)
{
    for (uint32_t i = 0; i < work->plan->unit_count; i++)
        if (work->errors[i].set) {
            *err = work->errors[i];
            return -1;
        }
    return 0;
}

/* Joins the objects in the order of their units. */
static int join_objects(const struct work *work, struct arena *arena, const char *path, struct err *err)
{
    uint32_t count = work->plan->unit_count + 1, argc = 0;
    const char **argv = arena_array(arena, (size_t)count + 8, sizeof(*argv));

    argv[argc++] = "ld.lld-19";
    argv[argc++] = "-r";
    if (!work->options->debug)
        argv[argc++] = "--strip-debug";
    argv[argc++] = "-o";
    argv[argc++] = path;
    for (uint32_t i = 0; i < count; i++)
        argv[argc++] = work->objects[i];
    return proc_run(argv, "lld-19", NULL, err);
}

/* All steps, with the units' objects in files of `dir`: together they can be larger than everything else. */
static int compile_through(struct work *work, const struct temp_dir *dir, struct arena *arena, const char *path,
                           struct err *err)
{
    uint32_t count = work->plan->unit_count;

    work->objects = arena_array(arena, (size_t)count + 1, sizeof(*work->objects));
    work->errors = arena_array(arena, count, sizeof(struct err));
    for (uint32_t i = 0; i <= count; i++)
        work->objects[i] = arena_printf(arena, "%s/%u.o", dir->path, i);
    compile_units(work);
    if (first_error(work, err) < 0 || compile_code_map(work, arena, err) < 0)
        return -1;
    return join_objects(work, arena, path, err);
}

static const struct source *read_source(const struct wasm_module *wasm, const struct compile_options *options,
                                        struct arena *arena)
{
    const struct source *source = source_read(wasm, arena);
    char *text;

    if (source->is_damaged && options->warn) {
        text = arena_printf(arena, "%s: its debug information is damaged: source lines are missing", wasm->file);
        text_make_printable(text, strlen(text));
        options->warn(text);
    }
    return source;
}

static int compile_instance(const struct wasm_instance *instance, const struct compile_options *options,
                            const char *path, struct arena *arena, struct err *err)
{
    struct plan plan;
    struct work work = {.instance = instance, .options = options, .plan = &plan};
    struct temp_dir dir;
    int result;

    if (plan_make(&plan, instance, arena, err) < 0 || temp_dir_make(&dir, err) < 0)
        return -1;
    plan.source = options->debug ? read_source(instance->module, options, arena) : NULL;
    pthread_mutex_init(&work.lock, NULL);
    clock_gettime(CLOCK_MONOTONIC, &work.begin);
    result = compile_through(&work, &dir, arena, path, err);
    temp_dir_remove(&dir);
    tell_progress(&work, 0);
    pthread_mutex_destroy(&work.lock);
    return result;
}

/* A program of one module: what it imports is the system's. */
static const struct wasm_instance *make_instance(const struct wasm_module *module, struct arena *arena, struct err *err)
{
    struct wasm_instance *instance = arena_alloc(arena, sizeof(*instance));

    instance->module = module;
    instance->has_tail_calls = module->features >> WASM_FEATURE_TAIL_CALL & 1;
    instance->fixed_memory = module->memory_count > 0 ? 0 : WASM_NO_INDEX;
    if (wasm_bind_names(instance, NULL, NULL, arena, err) < 0)
        return NULL;
    instance->can_throw = wasm_may_throw(instance, arena);
    return instance;
}

int llvm_compile(const struct wasm_module *module, const struct compile_options *options, const char *path,
                 struct err *err)
{
    struct arena arena = {0};
    const struct wasm_instance *instance = options->instance ? options->instance : make_instance(module, &arena, err);
    int result = instance ? import_check(instance, err) : -1;

    if (result == 0)
        result = supported_check(module, err);
    if (result == 0)
        result = compile_instance(instance, options, path, &arena, err);
    arena_free(&arena);
    return result;
}
