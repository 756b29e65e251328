#include "shim/spec.h"

#include <cjson/cJSON.h>
#include <string.h>

#include "base/file.h"

#define NOBODY 65534u

/* --- values: what is missing or of another type counts as absent --- */

static const cJSON *get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name); /* of NULL it gets NULL */
}

static const char *copy(const char *text, struct arena *arena)
{
    return text ? arena_copy_string(arena, text, strlen(text)) : NULL;
}

static const char *get_string(const cJSON *object, const char *name, struct arena *arena)
{
    return copy(cJSON_GetStringValue(get(object, name)), arena);
}

static double get_number(const cJSON *object, const char *name)
{
    const cJSON *item = get(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* A limit: what is not positive, or is beyond all bounds, is none. */
static int64_t get_limit(const cJSON *object, const char *name)
{
    double number = get_number(object, name);
    return number > 0 && number < 9e15 ? (int64_t)number : 0;
}

static size_t count(const cJSON *array)
{
    return array ? (size_t)cJSON_GetArraySize(array) : 0;
}

/* A user's or group's number; what is none is nobody's. */
static uint32_t read_id(const cJSON *item)
{
    bool good = cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < UINT32_MAX;
    return good ? (uint32_t)item->valuedouble : NOBODY;
}

static const char *const *get_strings(const cJSON *object, const char *name, struct arena *arena)
{
    const cJSON *array = get(object, name), *item;
    const char **list = arena_array(arena, count(array) + 1, sizeof *list);
    size_t used = 0;
    cJSON_ArrayForEach(item, array)
    {
        if (cJSON_IsString(item))
            list[used++] = copy(item->valuestring, arena);
    }
    return list;
}

/* --- parts --- */

static void read_resources(const cJSON *json, struct spec_resources *resources)
{
    const cJSON *cpu = get(json, "cpu");
    resources->memory = (uint64_t)get_limit(get(json, "memory"), "limit");
    resources->cpu_quota = get_limit(cpu, "quota");
    resources->cpu_period = (uint64_t)get_limit(cpu, "period");
    resources->cpu_shares = (uint64_t)get_limit(cpu, "shares");
    resources->pids = get_limit(get(json, "pids"), "limit");
}

static void read_namespaces(struct spec *spec, const cJSON *array)
{
    const cJSON *item;
    size_t used = 0;
    spec->namespaces = arena_array(&spec->arena, count(array) + 1, sizeof *spec->namespaces);
    cJSON_ArrayForEach(item, array)
    {
        const char *type = get_string(item, "type", &spec->arena);
        const char *path = get_string(item, "path", &spec->arena);
        if (type)
            spec->namespaces[used++] = (struct spec_namespace){type, path && *path ? path : NULL};
    }
}

static void read_mounts(struct spec *spec, const cJSON *array)
{
    const cJSON *item;
    size_t used = 0;
    spec->mounts = arena_array(&spec->arena, count(array) + 1, sizeof *spec->mounts);
    cJSON_ArrayForEach(item, array)
    {
        struct spec_mount mount = {
            .destination = get_string(item, "destination", &spec->arena),
            .type = get_string(item, "type", &spec->arena),
            .source = get_string(item, "source", &spec->arena),
            .options = get_strings(item, "options", &spec->arena),
        };
        if (mount.destination)
            spec->mounts[used++] = mount;
    }
}

static struct spec_annotation *get_annotations(const cJSON *object, struct arena *arena)
{
    const cJSON *item;
    size_t used = 0;
    struct spec_annotation *list = arena_array(arena, count(object) + 1, sizeof *list);
    cJSON_ArrayForEach(item, object)
    {
        const char *value = copy(cJSON_GetStringValue(item), arena);
        if (value)
            list[used++] = (struct spec_annotation){copy(item->string, arena), value};
    }
    return list;
}

static void read_user(struct spec *spec, const cJSON *user)
{
    const cJSON *groups = get(user, "additionalGids"), *item;
    if (!user)
        return;
    spec->user = read_id(get(user, "uid"));
    spec->group = read_id(get(user, "gid"));
    spec->groups = arena_array(&spec->arena, count(groups) + 1, sizeof *spec->groups);
    cJSON_ArrayForEach(item, groups) spec->groups[spec->group_count++] = read_id(item);
}

static void read_process(struct spec *spec, const cJSON *process)
{
    const char *cwd = get_string(process, "cwd", &spec->arena);
    spec->args = get_strings(process, "args", &spec->arena);
    spec->env = get_strings(process, "env", &spec->arena);
    spec->cwd = cwd && *cwd ? cwd : "/";
    read_user(spec, get(process, "user"));
    spec->has_oom_score = cJSON_IsNumber(get(process, "oomScoreAdj"));
    spec->oom_score = (int)get_number(process, "oomScoreAdj");
}

static void read_all(struct spec *spec, const cJSON *json)
{
    const cJSON *linux_part = get(json, "linux");
    read_process(spec, get(json, "process"));
    spec->hostname = get_string(json, "hostname", &spec->arena);
    spec->root_readonly = cJSON_IsTrue(get(get(json, "root"), "readonly"));
    spec->cgroups_path = get_string(linux_part, "cgroupsPath", &spec->arena);
    read_resources(get(linux_part, "resources"), &spec->resources);
    read_namespaces(spec, get(linux_part, "namespaces"));
    read_mounts(spec, get(json, "mounts"));
    spec->annotations = get_annotations(get(json, "annotations"), &spec->arena);
    spec->sysctls = get_annotations(get(linux_part, "sysctl"), &spec->arena);
}

/* --- the whole --- */

int spec_read(struct spec *spec, const char *bundle, struct err *err)
{
    *spec = (struct spec){0};
    struct file file;
    const char *path = arena_printf(&spec->arena, "%s/config.json", bundle);
    if (file_read(&file, path, err) != 0)
        return -1;
    cJSON *json = cJSON_ParseWithLength((const char *)file.data, file.size);
    file_close(&file);
    if (!cJSON_IsObject(json)) {
        cJSON_Delete(json);
        return err_set(err, "%s: is not JSON", path);
    }
    read_all(spec, json);
    cJSON_Delete(json);
    return 0;
}

void spec_free(struct spec *spec)
{
    arena_free(&spec->arena);
    *spec = (struct spec){0};
}

int spec_read_resources(struct spec_resources *resources, const char *json, size_t size, struct err *err)
{
    cJSON *parsed = cJSON_ParseWithLength(json, size);
    if (!cJSON_IsObject(parsed)) {
        cJSON_Delete(parsed);
        return err_set(err, "the resources are not JSON");
    }
    read_resources(parsed, resources);
    cJSON_Delete(parsed);
    return 0;
}

const char *spec_annotation(const struct spec *spec, const char *name)
{
    for (const struct spec_annotation *annotation = spec->annotations; annotation->name; annotation++)
        if (strcmp(annotation->name, name) == 0)
            return annotation->value;
    return NULL;
}

const struct spec_namespace *spec_find_namespace(const struct spec *spec, const char *type)
{
    for (const struct spec_namespace *namespace = spec->namespaces; namespace->type; namespace ++)
        if (strcmp(namespace->type, type) == 0)
            return namespace;
    return NULL;
}

bool spec_is_sandbox(const struct spec *spec)
{
    const char *type = spec_annotation(spec, "io.kubernetes.cri.container-type");
    return type && strcmp(type, "sandbox") == 0;
}

const char *spec_sandbox_id(const struct spec *spec)
{
    return spec_annotation(spec, "io.kubernetes.cri.sandbox-id");
}
