#include "cc/sbom.h"

#include <string.h>

#include <cjson/cJSON.h>

#include "base/arena.h"
#include "base/elf.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/sha256.h"
#include "link/program.h"

#include <mewz/provenance.h>

/* A part that is only there where the program needs it: a symbol of its own in the executable tells. */
static const struct part {
    const char *symbol, *name, *version, *license, *purl;
} parts[] = {
    {"tcp_input", "lwip", MEWZ_LWIP_VERSION, "BSD-3-Clause", "pkg:deb/debian/lwip@" MEWZ_LWIP_VERSION "?arch=source"},
    {"ext2fs_open2", "libext2fs", MEWZ_E2FSPROGS_VERSION, "LGPL-2.0-only",
     "pkg:deb/debian/e2fsprogs@" MEWZ_E2FSPROGS_VERSION "?arch=source"},
};

static cJSON *component(const char *type, const char *name, const char *version, const char *license)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "type", type);
    cJSON_AddStringToObject(json, "name", name);
    if (version)
        cJSON_AddStringToObject(json, "version", version);
    if (license) {
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddStringToObject(cJSON_AddObjectToObject(entry, "license"), "id", license);
        cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "licenses"), entry);
    }
    return json;
}

static void add_hash(cJSON *json, const char *digits)
{
    cJSON *hash = cJSON_CreateObject();
    cJSON_AddStringToObject(hash, "alg", "SHA-256");
    cJSON_AddStringToObject(hash, "content", digits);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(json, "hashes"), hash);
}

static void add_metadata(cJSON *bom, const struct elf *elf, const char *name)
{
    cJSON *metadata = cJSON_AddObjectToObject(bom, "metadata");
    cJSON *tools = cJSON_AddObjectToObject(metadata, "tools");
    cJSON_AddItemToArray(cJSON_AddArrayToObject(tools, "components"),
                         component("application", "mewz-cc", MEWZ_VERSION, "Apache-2.0"));
    cJSON *whole = component("application", name, NULL, NULL);
    add_hash(whole, sha256_text(elf->bytes, elf->size).digits);
    cJSON_AddItemToObject(metadata, "component", whole);
}

static void add_components(cJSON *bom, const struct elf *elf, struct arena *arena)
{
    cJSON *list = cJSON_AddArrayToObject(bom, "components");
    const char *program = program_name(elf, arena);
    for (const char *const *module = program_provenance(elf, MEWZ_SECTION_MODULE, arena); *module; module++) {
        cJSON *json = component("application", program ? program : "program", NULL, NULL);
        add_hash(json, *module);
        cJSON_AddItemToArray(list, json);
    }
    const char *const *version = program_provenance(elf, MEWZ_SECTION_SDK, arena);
    cJSON_AddItemToArray(list, component("library", "mewz", *version, "Apache-2.0"));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct elf_symbol symbol;
        if (!elf_find_symbol(elf, parts[i].symbol, &symbol))
            continue;
        cJSON *json = component("library", parts[i].name, parts[i].version, parts[i].license);
        cJSON_AddStringToObject(json, "purl", parts[i].purl);
        cJSON_AddItemToArray(list, json);
    }
}

static char *encode(const struct elf *elf, const char *name)
{
    struct arena arena = {0};
    cJSON *bom = cJSON_CreateObject();
    cJSON_AddStringToObject(bom, "bomFormat", "CycloneDX");
    cJSON_AddStringToObject(bom, "specVersion", "1.5");
    cJSON_AddNumberToObject(bom, "version", 1);
    add_metadata(bom, elf, name);
    add_components(bom, elf, &arena);
    char *text = cJSON_Print(bom);
    cJSON_Delete(bom);
    arena_free(&arena);
    if (!text)
        memory_exhausted();
    return text;
}

int sbom_write(const char *path_of_elf, const char *name, const char *path, struct err *err)
{
    struct file file;
    struct elf elf;
    struct output output;
    if (file_read(&file, path_of_elf, err) != 0)
        return -1;
    int result = elf_open(&elf, path_of_elf, file.data, file.size, err);
    if (result == 0 && (result = output_begin(&output, path, err)) == 0) {
        char *text = encode(&elf, name);
        result = output_write(&output, text, strlen(text), err);
        if (result == 0)
            result = output_commit(&output, err);
        output_discard(&output);
        cJSON_free(text);
    }
    file_close(&file);
    return result;
}
