/* link PLAN: links and compiles the modules of a test script. PLAN has a command a line, its words parted by tabs:
 *
 *   module ID WASM OBJECT    the instance ID of the module in the file WASM, to be compiled to the file OBJECT
 *   read ID                  the values of ID's globals will be asked for
 *   register NAME ID         from now on imports from the module NAME, in hexadecimal, are from that instance
 *
 * Answers on stdout, parted by tabs too, come when the whole plan has been read: for each module one of
 *
 *   ok ID GROUP              compiled; modules of one group share something that can change
 *   unlinkable ID TEXT       an import has nothing that it could stand for
 *   error ID TEXT            anything else
 *
 * and behind each `ok` a line for each export, `export ID NUMBER KIND NAME SYMBOL`: the name in hexadecimal, and for a
 * function the symbol that C calls, for a global that of its variable. A descriptor (abi.h) of the instance alone is
 * the symbol ID.program. OPTIMISE and CPU in the environment are the level of optimisation and the processor. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/text.h"
#include "wasm/bind.h"
#include "llvm/compile.h"

#define WORDS 4

enum state { LINKED, UNLINKABLE, FAILED };

struct part {
    struct part *next;
    const char *object;
    struct wasm_module module;
    struct wasm_instance instance;
    enum state state;
    struct part *group; /* another part of the same group, or itself: the first one of all */
    struct err err;
};

struct name {
    struct name *next;
    struct wasm_name name;
    struct part *part;
};

static struct arena arena;
static struct part *parts, **last_part = &parts;
static struct name *names; /* the newest first */

static struct part *find_part(const char *id)
{
    for (struct part *part = parts; part; part = part->next)
        if (strcmp(part->instance.label, id) == 0)
            return part;
    fprintf(stderr, "link: no module %s\n", id);
    exit(2);
}

static struct part *part_of(const struct wasm_instance *instance)
{
    return find_part(instance->label);
}

static struct part *group_of(struct part *part)
{
    while (part->group != part)
        part = part->group;
    return part;
}

/* --- linking --- */

static const struct wasm_instance *find_instance(void *context, struct wasm_name name)
{
    (void)context;
    for (const struct name *n = names; n; n = n->next)
        if (n->name.size == name.size && (name.size == 0 || memcmp(n->name.bytes, name.bytes, name.size) == 0))
            return &n->part->instance;
    return NULL;
}

/* Nothing is the system's here. */
static int check_bound(const struct wasm_instance *instance, struct err *err)
{
    for (uint32_t i = 0; i < instance->module->import_count; i++)
        if (!instance->bindings[i].instance || instance->bindings[i].instance == instance)
            return err_set(err, "unknown import %u", i);
    return 0;
}

/* Functions of `spectest` change nothing, nor do its globals. */
static void join_groups(struct part *part)
{
    for (uint32_t i = 0; i < part->module.import_count; i++) {
        struct part *provider = part_of(part->instance.bindings[i].instance);
        enum wasm_extern_kind kind = part->module.imports[i].kind;
        provider->instance.is_shared = part->instance.is_shared = true;
        if (strcmp(provider->instance.label, "spectest") != 0 || kind == WASM_EXTERN_MEMORY ||
            kind == WASM_EXTERN_TABLE) {
            struct part *a = group_of(part), *b = group_of(provider);
            a->group = b;
        }
    }
}

static void link_part(struct part *part)
{
    struct wasm_instance *instance = &part->instance;
    if (wasm_bind_names(instance, find_instance, NULL, &arena, &part->err) != 0 ||
        check_bound(instance, &part->err) != 0 || wasm_bind_types(instance, &part->err) != 0)
        part->state = UNLINKABLE;
    else
        join_groups(part);
}

static void add_module(const char *id, const char *path, const char *object)
{
    struct part *part = arena_alloc(&arena, sizeof *part);
    struct file file;
    *last_part = part;
    last_part = &part->next;
    part->group = part;
    part->object = object;
    part->instance.module = &part->module;
    part->instance.label = id;
    if (file_read(&file, path, &part->err) != 0 ||
        wasm_decode(&part->module, path, file.data, file.size, &arena, &part->err) != 0 ||
        wasm_validate(&part->module, &arena, &part->err) != 0)
        part->state = FAILED;
    else
        link_part(part);
}

static void add_name(const char *hex, const char *id)
{
    struct name *name = arena_alloc(&arena, sizeof *name);
    size_t size = strlen(hex) / 2;
    char *bytes = arena_alloc(&arena, size + 1);
    for (size_t i = 0; i < size; i++) {
        char digits[] = {hex[2 * i], hex[2 * i + 1], 0};
        bytes[i] = (char)strtoul(digits, NULL, 16);
    }
    *name = (struct name){names, {bytes, (uint32_t)size}, find_part(id)};
    names = name;
}

static void run_command(char *words[WORDS])
{
    if (strcmp(words[0], "module") == 0)
        add_module(words[1], words[2], words[3]);
    else if (strcmp(words[0], "read") == 0)
        find_part(words[1])->instance.is_shared = true;
    else
        add_name(words[1], words[2]);
}

/* Cuts the plan's text into words, which stay. */
static void read_plan(char *text)
{
    char *line_end, *word_end;
    for (char *line = strtok_r(text, "\n", &line_end); line; line = strtok_r(NULL, "\n", &line_end)) {
        char *words[WORDS] = {0}, *word = strtok_r(line, "\t", &word_end);
        for (int i = 0; i < WORDS && word; i++, word = strtok_r(NULL, "\t", &word_end))
            words[i] = word;
        run_command(words);
    }
}

/* --- what a group, and what the script as a whole decides --- */

static struct wasm_binding memory_of(const struct wasm_instance *instance, uint32_t index)
{
    const struct wasm_binding *binding = wasm_binding_of(instance, instance->module->memories[index].import);
    return binding ? *binding : (struct wasm_binding){instance, index};
}

/* The first memory of a group lies at mewz_memory. */
static void fix_memories(struct part *group)
{
    struct wasm_binding fixed = {0};
    for (struct part *part = parts; part; part = part->next) {
        if (part->state != LINKED || group_of(part) != group)
            continue;
        part->instance.fixed_memory = WASM_NO_INDEX;
        for (uint32_t i = part->module.memory_count; i-- > 0;) {
            struct wasm_binding memory = memory_of(&part->instance, i);
            if (!fixed.instance)
                fixed = memory_of(&part->instance, 0);
            if (memory.instance == fixed.instance && memory.index == fixed.index)
                part->instance.fixed_memory = i;
        }
    }
}

static void decide(void)
{
    uint64_t features = 0;
    bool can_throw = false;
    for (struct part *part = parts; part; part = part->next) {
        if (part->state != LINKED)
            continue;
        features |= part->module.features;
        can_throw |= wasm_may_throw(&part->instance, &arena);
        if (group_of(part) == part)
            fix_memories(part);
    }
    for (struct part *part = parts; part; part = part->next) {
        part->instance.has_tail_calls = features >> WASM_FEATURE_TAIL_CALL & 1;
        part->instance.can_throw = can_throw;
    }
}

/* --- answers --- */

static int compile(const struct part *part, struct err *err)
{
    const char *optimise = getenv("OPTIMISE"), *cpu = getenv("CPU");
    struct compile_options options = {.optimise = optimise ? (unsigned)atoi(optimise) : 2,
                                      .cpu = cpu ? cpu : "x86-64-v2",
                                      .instance = &part->instance,
                                      .exports = part->instance.label,
                                      .jobs = 1};
    return llvm_compile(&part->module, &options, part->object, err);
}

static void print_global(const struct part *part, uint32_t index)
{
    const struct wasm_global *global = &part->module.globals[index];
    const struct wasm_binding *binding = wasm_binding_of(&part->instance, global->import);
    printf("%s\twasm[%s].global.%u\n", wasm_valtype_name(global->type.type).text,
           binding ? binding->instance->label : part->instance.label, binding ? binding->index : index);
}

static void print_export(const struct part *part, uint32_t number)
{
    const struct wasm_export *export = &part->module.exports[number];
    if (export->kind != WASM_EXTERN_FUNC && export->kind != WASM_EXTERN_GLOBAL)
        return;
    printf("export\t%s\tx", part->instance.label);
    for (uint32_t i = 0; i < export->name.size; i++)
        printf("%02x", (unsigned char)export->name.bytes[i]);
    putchar('\t');
    if (export->kind == WASM_EXTERN_GLOBAL)
        print_global(part, export->index);
    else
        printf("%s\t%s.%u\n", wasm_functype_text(&part->module.types[part->module.funcs[export->index].type], &arena),
               part->instance.label, number);
}

static void answer(struct part *part)
{
    static const char *const verdicts[] = {"ok", "unlinkable", "error"};
    const char *id = part->instance.label;
    if (part->state == LINKED && compile(part, &part->err) != 0)
        part->state = FAILED;
    text_make_printable(part->err.text, strlen(part->err.text));
    printf("%s\t%s\t%s\n", verdicts[part->state], id,
           part->state == LINKED ? group_of(part)->instance.label : part->err.text);
    for (uint32_t i = 0; part->state == LINKED && i < part->module.export_count; i++)
        print_export(part, i);
}

int main(int argc, char **argv)
{
    struct file file;
    struct err err = {0};
    if (argc != 2 || file_read(&file, argv[1], &err) != 0) {
        fprintf(stderr, "%s\n", argc == 2 ? err.text : "usage: link PLAN");
        return 2;
    }
    read_plan(arena_copy_string(&arena, (const char *)file.data, file.size));
    decide();
    for (struct part *part = parts; part; part = part->next)
        answer(part);
    return 0;
}
