/* mewz-cc doctor: are the tools there that the others start? */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/proc.h"
#include "base/terminal.h"
#include "cc/json.h"
#include "cc/settings.h"
#include "disk/disk.h"
#include "machine/share.h"

static const char help[] = "Looks for every tool and file that mewz-cc needs, and says which Debian packages have\n"
                           "those that are missing. Fails if one is.\n";

struct need {
    const char *what; /* a program on PATH, a file by its absolute path, or a shared library */
    const char *package;
    const char *use;
    const char *(*find)(void); /* looks for a program where it is on nobody's PATH; or NULL */
};

static const struct need needs[] = {
    {"ld.lld-19", "lld-19", "links programs", NULL},
    {"wat2wasm", "wabt", "reads the text format", NULL},
    {"qemu-system-x86_64", "qemu-system-x86", "runs programs", NULL},
    {"qemu-img", "qemu-utils", "makes qcow2, vmdk, vhd and vhdx", NULL},
    {"xorriso", "xorriso", "makes ISOs", NULL},
    {"mke2fs", DISK_PACKAGE, "makes disks", disk_find_maker},
    {"virtiofsd", MACHINE_SHARE_PACKAGE, "shares folders with programs", share_find_server},
    {"tomljson", "golang-github-pelletier-go-toml", "reads mewz.toml", NULL},
    {"/usr/share/ovmf/OVMF.fd", "ovmf", "runs images with UEFI", NULL},
    {"libLLVM.so.19.1", "libllvm19", "generates code", NULL},
};
#define NEED_COUNT (sizeof needs / sizeof *needs)

/* With --containerd. That the shim is on this PATH does not say that it is on containerd's, but the other way round. */
static const struct need container_needs[] = {
    {"containerd-shim-mewz-v1", "mewz", "runs containers in machines", NULL},
    {"containerd", "containerd", "starts the shim", NULL},
    {"runc", "runc", "runs side-cars that are no modules", NULL},
    {"/dev/net/tun", "linux-image-amd64", "connects machines with pods' networks", NULL},
};
#define CONTAINER_NEED_COUNT (sizeof container_needs / sizeof *container_needs)

static const char containerd_config[] = "\nIn containerd's config.toml (/etc/containerd/config.toml):\n\n"
                                        "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.mewz]\n"
                                        "  runtime_type = \"io.containerd.mewz.v1\"\n"
                                        "  pod_annotations = [\"dev.mewz.*\"]\n"
                                        "  container_annotations = [\"dev.mewz.*\"]\n";

static const char *const own_files[] = {
    "lib/mewz-llvm.so",           "share/mewz/templates",     "lib/x86_64-mewz/libmewz.a", "lib/x86_64-mewz/link.ld",
    "lib/x86_64-linux/libmewz.a", "lib/x86_64-linux/link.ld", "lib/boot/mbr.bin",          "lib/boot/cd.bin",
    "lib/boot/bios.bin",          "lib/boot/esp.img",
};

static bool is_there(const struct need *need)
{
    if (need->find)
        return need->find() != NULL;
    if (*need->what == '/')
        return access(need->what, R_OK) == 0;
    if (strstr(need->what, ".so."))
        return dlopen(need->what, RTLD_LAZY) != NULL;
    return proc_found(need->what);
}

/* "found" or "missing", as a column. */
static void print_found(bool found)
{
    printf("%s%-8s%s ", terminal_colour(stdout, found ? TERMINAL_GOOD : TERMINAL_BAD), found ? "found" : "missing",
           terminal_colour(stdout, TERMINAL_PLAIN));
}

static void tell_tool(const struct need *need, bool found, cJSON *list)
{
    if (!list) {
        print_found(found);
        printf("%-32s %-16s %s\n", need->what, need->package, need->use);
        return;
    }
    cJSON *tool = cJSON_CreateObject();
    cJSON_AddStringToObject(tool, "name", need->what);
    cJSON_AddStringToObject(tool, "package", need->package);
    cJSON_AddStringToObject(tool, "use", need->use);
    cJSON_AddBoolToObject(tool, "found", found);
    cJSON_AddItemToArray(list, tool);
}

/* Looks for each, and says so in the list, or on stdout where that is NULL. True if all are there. */
static bool check_tools(const struct need *tools, size_t count, cJSON *list)
{
    const char *missing[NEED_COUNT + CONTAINER_NEED_COUNT];
    size_t missing_count = 0;
    for (size_t i = 0; i < count; i++) {
        bool found = is_there(&tools[i]);
        tell_tool(&tools[i], found, list);
        if (!found)
            missing[missing_count++] = tools[i].package;
    }
    if (missing_count == 0 || list)
        return missing_count == 0;
    fputs("\nInstall what is missing with:\n  apt-get install", stdout);
    for (size_t i = 0; i < missing_count; i++)
        printf(" %s", missing[i]);
    putchar('\n');
    return false;
}

static void tell_file(const char *path, bool found, cJSON *list)
{
    if (!list) {
        print_found(found);
        puts(path);
        return;
    }
    cJSON *file = cJSON_CreateObject();
    cJSON_AddStringToObject(file, "name", path);
    cJSON_AddBoolToObject(file, "found", found);
    cJSON_AddItemToArray(list, file);
}

static bool check_own_files(cJSON *list)
{
    bool all = true;
    for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++) {
        struct err err = {0};
        char *path = sdk_file(own_files[i], &err);
        tell_file(path ? path : own_files[i], path != NULL, list);
        all &= path != NULL;
        free(path);
    }
    if (!all && !list)
        puts("\nThe SDK itself is not complete: build or install it again.");
    return all;
}

static int check(struct settings *settings, const struct command_line *line, struct err *err)
{
    (void)line, (void)err;
    cJSON *json = settings->json ? cJSON_CreateObject() : NULL;
    cJSON *list = json ? cJSON_AddArrayToObject(json, "tools") : NULL;
    bool tools = check_tools(needs, NEED_COUNT, list);
    if (settings->containerd)
        tools &= check_tools(container_needs, CONTAINER_NEED_COUNT, list);
    bool files = check_own_files(json ? cJSON_AddArrayToObject(json, "files") : NULL);
    if (json) {
        cJSON_AddStringToObject(json, "version", MEWZ_VERSION);
        cJSON_AddBoolToObject(json, "complete", tools && files);
        json_print(json, stdout);
        cJSON_Delete(json);
    } else if (settings->containerd) {
        fputs(containerd_config, stdout);
    }
    return tools && files ? EXIT_OK : EXIT_FAILED;
}

const struct verb verb_doctor = {
    .name = "doctor",
    .summary = "check that everything mewz-cc needs is there",
    .usage = "[options]",
    .help = help,
    .options = SETTINGS_DOCTOR,
    .action = check,
};
