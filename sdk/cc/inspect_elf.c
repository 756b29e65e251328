/* What is in an object or in a linked program. */
#include <string.h>

#include "cc/inspect.h"
#include "link/imports.h"
#include "link/link.h"
#include "link/program.h"

#include <mewz/provenance.h>
#include <mewz/tree.h>

static void print_name(const struct elf *elf, struct arena *arena)
{
    const char *name = program_name(elf, arena);
    if (name) {
        name = inspect_printable(name, strlen(name), arena);
        inspect_print("program", "%s", name);
        inspect_set("program", cJSON_CreateString(name));
    }
    const char *const *modules = program_provenance(elf, MEWZ_SECTION_MODULE, arena);
    for (const char *const *module = modules; *module; module++)
        inspect_print("module", "SHA-256 %s", inspect_printable(*module, strlen(*module), arena));
    inspect_append_strings("module_sha256", modules);
    const char *const *sdk = program_provenance(elf, MEWZ_SECTION_SDK, arena);
    if (*sdk) {
        inspect_print("kernel", "mewz %s", inspect_printable(*sdk, strlen(*sdk), arena));
        inspect_set("kernel", cJSON_CreateString(*sdk));
    }
}

static void print_section_sizes(const struct elf *elf)
{
    uint64_t code = 0, data = 0, zeroed = 0;
    for (unsigned i = 0; i < elf->section_count; i++) {
        struct elf_section section = elf_section(elf, i);
        if (!(section.header.sh_flags & SHF_ALLOC))
            continue;
        if (section.header.sh_flags & SHF_EXECINSTR)
            code += section.header.sh_size;
        else if (section.header.sh_type == SHT_NOBITS)
            zeroed += section.header.sh_size;
        else
            data += section.header.sh_size;
    }
    inspect_print("size", "%lu bytes of code, %lu of data, %lu zeroed", code, data, zeroed);
    inspect_set("size", inspect_numbers("code", code, "data", data, "zeroed", zeroed, NULL));
}

/* --- objects --- */

int inspect_object(const char *path, const struct elf *object, const struct inspect_systems *systems,
                   struct arena *arena, struct err *err)
{
    inspect_print("object", "%s, %lu bytes", path, object->size);
    inspect_set("kind", cJSON_CreateString("object"));
    inspect_set("bytes", cJSON_CreateNumber((double)object->size));
    struct mewz_program program;
    if (!program_find(object, &program))
        return err_set(err, "%s: not an object that `mewz-cc compile` made: it does not define mewz_program", path);
    print_name(object, arena);
    inspect_print("contract", "version %u, %u memories", program.abi_version, program.memory_count);
    print_section_sizes(object);
    for (const char **import = imports_list(object, arena); *import; import++)
        inspect_print_import(*import, NULL, systems, arena);
    return 0;
}

/* --- linked programs --- */

static void print_memories(const struct elf *elf, const struct mewz_program *program)
{
    for (uint32_t i = 0; i < program->memory_count; i++) {
        struct mewz_memory memory;
        uint64_t address;
        const uint8_t *bytes = elf_at_address(elf, (uint64_t)&program->memories[i], sizeof address);
        if (!bytes)
            return;
        memcpy(&address, bytes, sizeof address);
        bytes = elf_at_address(elf, address, sizeof memory);
        if (!bytes)
            return;
        memcpy(&memory, bytes, sizeof memory);
        inspect_print("memory", "%lu to %lu pages of 64 KiB", memory.min_pages, memory.max_pages);
        inspect_append("memories", inspect_numbers("minimum", memory.min_pages, "maximum", memory.max_pages, NULL));
    }
}

static void print_program(const struct elf *elf, struct arena *arena)
{
    struct mewz_program program;
    if (!program_find(elf, &program)) {
        inspect_print("program", "none that mewz-cc compiled");
        return;
    }
    print_name(elf, arena);
    inspect_print("contract", "version %u", program.abi_version);
    print_memories(elf, &program);
}

/* Contents that the kernel reads from the drive. */
static void print_files(const struct elf *elf)
{
    struct elf_section section;
    if (!elf_find_section(elf, MEWZ_FILES_SECTION, &section) || section.header.sh_size <= sizeof(struct mewz_files))
        return;
    inspect_print("files", "%lu bytes, read from the drive", section.header.sh_size);
    inspect_set("files_on_drive", cJSON_CreateNumber((double)section.header.sh_size));
}

static void print_config(const struct elf *elf, struct arena *arena)
{
    struct link_config config;
    if (!link_config_find(elf, arena, &config))
        return;
    for (const char *const *arg = config.args; arg && *arg; arg++)
        inspect_print("argument", "%s", inspect_printable(*arg, strlen(*arg), arena));
    for (const char *const *env = config.env; env && *env; env++)
        inspect_print("environment", "%s", inspect_printable(*env, strlen(*env), arena));
    for (const char *const *setting = config.settings; setting && *setting; setting++)
        inspect_print("setting", "%s", inspect_printable(*setting, strlen(*setting), arena));
    inspect_append_strings("arguments", config.args);
    inspect_append_strings("environment", config.env);
    inspect_append_strings("settings", config.settings);
}

void inspect_executable(const char *path, const struct elf *executable, size_t offset, size_t image_size,
                        struct arena *arena)
{
    inspect_set("kind", cJSON_CreateString(offset ? "image" : "executable"));
    inspect_set("bytes", cJSON_CreateNumber((double)(offset ? image_size : executable->size)));
    if (offset)
        inspect_print("image", "%s, %lu bytes, the kernel at 0x%lx", path, image_size, offset);
    else
        inspect_print("executable", "%s, %lu bytes", path, executable->size);
    print_program(executable, arena);
    print_section_sizes(executable);
    print_files(executable);
    print_config(executable, arena);
}
