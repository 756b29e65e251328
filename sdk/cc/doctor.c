/* mewz-cc doctor: are the tools there that the others start? */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/proc.h"
#include "cc/settings.h"
#include "cc/verb.h"

static const char help[] = "Looks for every tool and file that mewz-cc needs, and says which Debian packages have\n"
                           "those that are missing. Fails if one is.\n";

struct need {
    const char *what; /* a program on PATH, a file by its absolute path, or a shared library */
    const char *package;
    const char *use;
};

static const struct need needs[] = {
    {"ld.lld-19", "lld-19", "links programs"},
    {"wat2wasm", "wabt", "reads the text format"},
    {"qemu-system-x86_64", "qemu-system-x86", "runs programs"},
    {"qemu-img", "qemu-utils", "makes qcow2, vmdk, vhd and vhdx"},
    {"xorriso", "xorriso", "makes ISOs"},
    {"/usr/share/ovmf/OVMF.fd", "ovmf", "runs images with UEFI"},
    {"libLLVM.so.19.1", "libllvm19", "generates code"},
};
#define NEED_COUNT (sizeof needs / sizeof *needs)

static const char *const own_files[] = {
    "lib/mewz-llvm.so",         "lib/x86_64-mewz/libmewz.a", "lib/x86_64-mewz/link.ld", "lib/x86_64-linux/libmewz.a",
    "lib/x86_64-linux/link.ld", "lib/boot/mbr.bin",          "lib/boot/cd.bin",         "lib/boot/bios.bin",
    "lib/boot/esp.img",
};

static bool is_there(const struct need *need)
{
    if (*need->what == '/')
        return access(need->what, R_OK) == 0;
    if (strstr(need->what, ".so."))
        return dlopen(need->what, RTLD_LAZY) != NULL;
    return proc_found(need->what);
}

static bool check_tools(void)
{
    const char *missing[NEED_COUNT];
    size_t missing_count = 0;
    for (size_t i = 0; i < NEED_COUNT; i++) {
        bool found = is_there(&needs[i]);
        printf("%-8s %-32s %-16s %s\n", found ? "found" : "missing", needs[i].what, needs[i].package, needs[i].use);
        if (!found)
            missing[missing_count++] = needs[i].package;
    }
    if (missing_count == 0)
        return true;
    fputs("\nInstall what is missing with:\n  apt-get install", stdout);
    for (size_t i = 0; i < missing_count; i++)
        printf(" %s", missing[i]);
    putchar('\n');
    return false;
}

static bool check_own_files(void)
{
    bool all = true;
    for (size_t i = 0; i < sizeof own_files / sizeof *own_files; i++) {
        struct err err = {0};
        char *path = sdk_file(own_files[i], &err);
        printf("%-8s %s\n", path ? "found" : "missing", path ? path : own_files[i]);
        all &= path != NULL;
        free(path);
    }
    return all;
}

static int run(char **argv, struct err *err)
{
    struct command_line line = {.verb = "doctor", .verb_bit = SETTINGS_DOCTOR, .usage = "", .help = help};
    struct settings settings;
    struct arena arena = {0};
    int result = settings_parse(&settings, &line, argv, &arena, err);
    if (result == 0 && !line.wants_help) {
        bool tools = check_tools();
        bool files = check_own_files();
        if (!files)
            puts("\nThe SDK itself is not complete: build or install it again.");
        result = tools && files ? EXIT_OK : EXIT_FAILED;
    }
    arena_free(&arena);
    return result;
}

const struct verb verb_doctor = {"doctor", "check that everything mewz-cc needs is there", run};
