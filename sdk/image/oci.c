#include "image/oci.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/proc.h"
#include "base/sha256.h"

#define TYPE_CONFIG   "application/vnd.oci.image.config.v1+json"
#define TYPE_LAYER    "application/vnd.oci.image.layer.v1.tar+gzip"
#define TYPE_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define TYPE_INDEX    "application/vnd.oci.image.index.v1+json"

/* A blob lies in the temporary folder under the name of its digest. */
struct blob {
    const char *type;
    struct sha256_text digest;
    size_t size;
};

/* The image that is being made, in its temporary folder. */
struct making {
    const struct image_oci *image;
    const char *folder;
    struct arena arena;
};

static const char *in_folder(struct making *making, const char *name)
{
    return arena_printf(&making->arena, "%s/%s", making->folder, name);
}

static int add_blob(struct making *making, const char *type, const void *bytes, size_t size, struct blob *blob,
                    struct err *err)
{
    *blob = (struct blob){.type = type, .digest = sha256_text(bytes, size), .size = size};
    return file_write(in_folder(making, blob->digest.digits), bytes, size, err);
}

/* --- the layer: an archive with the program --- */

/* Files of the temporary folder as a tar archive, without names of users and times. `transform` is sed's, on names. */
static int run_tar(struct making *making, const char *mode, const char *transform, const char *const *names,
                   const char *path, struct err *err)
{
    const char *argv[24] = {"tar", "--format=ustar", "--mtime=@0", "--owner=0",    "--group=0", "--numeric-owner",
                            mode,  transform,        "-C",         making->folder, "-cf",       path,
                            "--"};
    size_t count = 13;
    while (*names)
        argv[count++] = *names++;
    return proc_run(argv, "tar", NULL, err);
}

static int add_layer(struct making *making, struct blob *layer, struct sha256_text *diff_id, struct err *err)
{
    const struct image_oci *image = making->image;
    const char *archive = in_folder(making, "layer.tar");
    const char *names[] = {"program", NULL};
    const char *gzip[] = {"gzip", "-n", "-9", "-c", archive, NULL}; /* -n: without a name and a time */
    const char *rename = arena_printf(&making->arena, "--transform=s|.*|%s|", image->file_name);
    struct buf compressed = {0};
    struct file file;
    if (file_write(in_folder(making, "program"), image->bytes, image->size, err) != 0 ||
        run_tar(making, "--mode=0755", rename, names, archive, err) != 0 || file_read(&file, archive, err) != 0)
        return -1;
    *diff_id = sha256_text(file.data, file.size);
    file_close(&file);
    int result = proc_run(gzip, "gzip", &compressed, err);
    if (result == 0)
        result = add_blob(making, TYPE_LAYER, compressed.data, compressed.size, layer, err);
    buf_free(&compressed);
    return result;
}

/* --- the descriptions: image specification, config.md, manifest.md, image-index.md, image-layout.md --- */

static int add_json(struct making *making, const char *type, cJSON *json, struct blob *blob, struct err *err)
{
    char *text = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    if (!text)
        memory_exhausted();
    int result = add_blob(making, type, text, strlen(text), blob, err);
    cJSON_free(text);
    return result;
}

static void add_strings(cJSON *object, const char *name, const char *const *strings)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    for (; strings && *strings; strings++)
        cJSON_AddItemToArray(array, cJSON_CreateString(*strings));
}

static int add_config(struct making *making, const struct sha256_text *diff_id, struct blob *blob, struct err *err)
{
    const struct image_oci *image = making->image;
    const char *entry[] = {arena_printf(&making->arena, "/%s", image->file_name), NULL};
    const char *layers[] = {arena_printf(&making->arena, "sha256:%s", diff_id->digits), NULL};
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "architecture", image->architecture);
    cJSON_AddStringToObject(json, "os", image->os);
    cJSON *config = cJSON_AddObjectToObject(json, "config");
    add_strings(config, "Env", image->env);
    add_strings(config, "Entrypoint", entry);
    add_strings(config, "Cmd", image->arguments);
    cJSON *ports = cJSON_AddObjectToObject(config, "ExposedPorts");
    for (const char *const *port = image->ports; port && *port; port++)
        cJSON_AddObjectToObject(ports, *port);
    cJSON *rootfs = cJSON_AddObjectToObject(json, "rootfs");
    cJSON_AddStringToObject(rootfs, "type", "layers");
    add_strings(rootfs, "diff_ids", layers);
    return add_json(making, TYPE_CONFIG, json, blob, err);
}

static cJSON *describe(const struct blob *blob)
{
    char digest[80];
    snprintf(digest, sizeof digest, "sha256:%s", blob->digest.digits);
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "mediaType", blob->type);
    cJSON_AddStringToObject(json, "digest", digest);
    cJSON_AddNumberToObject(json, "size", (double)blob->size);
    return json;
}

static int add_manifest(struct making *making, const struct blob *config, const struct blob *layer, struct blob *blob,
                        struct err *err)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "schemaVersion", 2);
    cJSON_AddStringToObject(json, "mediaType", TYPE_MANIFEST);
    cJSON_AddItemToObject(json, "config", describe(config));
    cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "layers"), describe(layer));
    return add_json(making, TYPE_MANIFEST, json, blob, err);
}

/* containerd takes the image's name from one annotation, podman and skopeo from the other. */
static int write_index(struct making *making, const struct blob *manifest, struct err *err)
{
    const struct image_oci *image = making->image;
    const char *tag = strrchr(image->reference, ':');
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "schemaVersion", 2);
    cJSON_AddStringToObject(json, "mediaType", TYPE_INDEX);
    cJSON *entry = describe(manifest);
    cJSON *platform = cJSON_AddObjectToObject(entry, "platform");
    cJSON_AddStringToObject(platform, "architecture", image->architecture);
    cJSON_AddStringToObject(platform, "os", image->os);
    cJSON *annotations = cJSON_AddObjectToObject(entry, "annotations");
    cJSON_AddStringToObject(annotations, "io.containerd.image.name", image->reference);
    cJSON_AddStringToObject(annotations, "org.opencontainers.image.ref.name", tag ? tag + 1 : "latest");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "manifests"), entry);
    struct blob index;
    int result = add_json(making, TYPE_INDEX, json, &index, err);
    if (result == 0 && rename(in_folder(making, index.digest.digits), in_folder(making, "index.json")) != 0)
        result = err_set_errno(err, "index.json");
    return result;
}

static int write_layout(struct making *making, const char *path, struct err *err)
{
    static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
    struct blob layer, config, manifest;
    struct sha256_text diff_id;
    if (add_layer(making, &layer, &diff_id, err) != 0 || add_config(making, &diff_id, &config, err) != 0 ||
        add_manifest(making, &config, &layer, &manifest, err) != 0 || write_index(making, &manifest, err) != 0 ||
        file_write(in_folder(making, "oci-layout"), layout, sizeof layout - 1, err) != 0)
        return -1;
    const char *names[] = {"oci-layout",         "index.json",        manifest.digest.digits,
                           config.digest.digits, layer.digest.digits, NULL};
    /* The folder is flat, the archive is not. */
    return run_tar(making, "--mode=0644", "--transform=s|^[0-9a-f]\\{64\\}$|blobs/sha256/&|", names, path, err);
}

int image_write_oci(const struct image_oci *image, const char *path, struct err *err)
{
    struct temp_dir temp;
    if (temp_dir_make(&temp, err) != 0)
        return -1;
    struct making making = {.image = image, .folder = temp.path};
    int result = write_layout(&making, path, err);
    temp_dir_remove(&temp);
    arena_free(&making.arena);
    return result;
}
