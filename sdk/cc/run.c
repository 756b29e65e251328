/* mewz-cc run: start a program in a machine of its own. */
#include <string.h>

#include "base/elf.h"
#include "base/file.h"
#include "cc/modules.h"
#include "cc/profile.h"
#include "cc/settings.h"
#include "image/image.h"
#include "link/program.h"
#include "machine/machine.h"

static const char help[] = "Runs a program in a QEMU machine with this terminal's stdin, stdout and stderr, and\n"
                           "ends with the program's exit code: 134 after a trap, 70 after a panic of the kernel.\n"
                           "A module or an object is compiled and linked first. What stands behind -- replaces\n"
                           "the arguments that were baked in, --env the environment.\n";

/* With less, Debian's OVMF hangs or gives up. */
#define UEFI_LEAST_MIB 40

/* What a kernel says of itself. */
struct kernel {
    const char *name; /* under which the program was built; NULL if it does not say */
    const char *ip;   /* the setting that was baked in, or NULL */
    bool has_network;
    bool is_ours;               /* else nothing is known of it */
    bool has_shares, has_disks; /* it can use host folders, and disks */
    uint64_t end;               /* of what the boot loader puts into memory */
    struct metrics metrics;
};

static const char *find_setting(const char *const *settings, const char *name)
{
    size_t length = strlen(name);
    for (; settings && *settings; settings++)
        if (strncmp(*settings, name, length) == 0 && (*settings)[length] == '=')
            return *settings + length + 1;
    return NULL;
}

static uint64_t find_end(const struct elf *elf)
{
    uint64_t end = 0;
    for (unsigned i = 0; i < elf->segment_count; i++) {
        const Elf64_Phdr header = elf_segment(elf, i).header;
        if (header.p_type == PT_LOAD && header.p_paddr + header.p_memsz > end)
            end = header.p_paddr + header.p_memsz;
    }
    return end;
}

/* Of an ELF file, or of an image with one in it. */
static struct kernel describe_kernel(const char *path, const struct file *file, struct arena *arena)
{
    unsigned long offset = 0, size = file->size;
    struct err ignored = {0};
    struct link_config config;
    struct elf elf;
    struct elf_symbol symbol;
    struct kernel kernel = {0};
    image_find_kernel(file->data, file->size, &offset, &size);
    if (elf_open(&elf, path, file->data + offset, size, &ignored) != 0)
        return kernel;
    kernel.name = program_name(&elf, arena);
    kernel.metrics = metrics_find(&elf, arena);
    kernel.is_ours = kernel.name != NULL;
    kernel.end = find_end(&elf);
    kernel.has_shares = elf_find_symbol(&elf, "fuse_mount", &symbol);
    kernel.has_disks = elf_find_symbol(&elf, "ext4_mount", &symbol);
    kernel.has_network =
        elf_find_symbol(&elf, "net_start", &symbol); /* kernel-src/net/net.h: only where it is needed */
    if (!link_config_find(&elf, arena, &config))
        return kernel;
    if (config.args && config.args[0])
        kernel.name = config.args[0];
    kernel.ip = find_setting(config.settings, "ip");
    return kernel;
}

/* The parts of the kernel that host folders and disks need are linked where they were asked for. */
static int check_volumes(const struct machine_options *machine, const struct kernel *kernel, struct err *err)
{
    if (kernel->is_ours && machine->share_count > 0 && !kernel->has_shares)
        return err_set(err, "%s: built without --mount: it cannot use folders of the host", machine->image);
    if (kernel->is_ours && machine->disk_count > 0 && !kernel->has_disks)
        return err_set(err, "%s: built without --disk: it cannot use disks", machine->image);
    return 0;
}

/* A boot loader without room says nothing. */
static int check_memory(const struct machine_options *machine, const struct kernel *kernel, struct err *err)
{
    uint64_t mib = machine->memory_mib ? machine->memory_mib : MACHINE_MEMORY_MIB;
    if (!kernel->is_ours || kernel->end <= mib << 20)
        return 0;
    return err_set(err, "%s: takes %lu MiB before it starts: -m %lu is too little", kernel->name,
                   (kernel->end + (1 << 20) - 1) >> 20, mib);
}

static int start_machine(struct machine_options *machine, const struct settings *settings, const struct kernel *kernel,
                         int *exit_code, struct err *err)
{
    struct arena arena = {0};
    if (check_volumes(machine, kernel, err) != 0 || check_memory(machine, kernel, err) != 0)
        return -1;
    machine->metrics = kernel->metrics;
    machine->metrics.interval = (unsigned)settings->metrics_interval;
    const char *ip = settings->network.ip ? settings->network.ip : kernel->ip;
    int result = network_machine(&settings->network, kernel->has_network, ip, &machine->network, &arena, err);
    if (result == 0)
        result = machine_run(machine, exit_code, err);
    arena_free(&arena);
    return result;
}

/* Starts a kernel or an image; only what the command line gives replaces what was baked in. */
static int run_image(struct machine_options *machine, const struct settings *settings, const struct driver *driver,
                     int *exit_code, struct err *err)
{
    struct arena arena = {0};
    if (settings->trace || settings->import_objects.count)
        return err_set_status(err, EXIT_USAGE, "run: %s is linked already: give %s to mewz-cc build", driver->input,
                              settings->trace ? "--trace" : "--import-object");
    if (settings->profile)
        return err_set_status(err, EXIT_USAGE, "run: %s is linked already: --profile is for modules and objects",
                              driver->input);
    if (settings->volumes.folder_count)
        return err_set_status(err, EXIT_USAGE, "run: %s is linked already: --dir is for build, --mount shares a folder",
                              driver->input);
    struct kernel kernel = describe_kernel(driver->input, &driver->file, &arena);
    const char *name = kernel.name ? kernel.name : driver->input;
    machine->image = driver->input;
    machine->config.env = driver->link.config.env;
    machine->config.settings = driver->link.config.settings;
    if (driver->arguments)
        machine->config.args = driver_join_args(name, driver->arguments, &arena);
    int result = start_machine(machine, settings, &kernel, exit_code, err);
    arena_free(&arena);
    return result;
}

/* The picture appears only if the machine ran. */
static int run_profiled(struct machine_options *machine, const struct settings *settings, const struct kernel *kernel,
                        const struct elf *elf, int *exit_code, struct err *err)
{
    struct output output;
    struct buf svg = {0};
    if (output_begin(&output, settings->profile, err) != 0)
        return -1;
    int result = profile_open(&machine->profile, elf, machine->image, err);
    if (result == 0)
        result = start_machine(machine, settings, kernel, exit_code, err);
    if (result == 0)
        result = profile_draw(&machine->profile, elf, kernel->name, &svg, err);
    if (result == 0)
        result = output_write(&output, svg.data, svg.size, err);
    if (result == 0)
        result = output_commit(&output, err);
    output_discard(&output);
    profile_close(&machine->profile);
    buf_free(&svg);
    return result;
}

static int run_linked(struct machine_options *machine, const struct settings *settings, int *exit_code, struct err *err)
{
    struct arena arena = {0};
    struct file file;
    if (file_read(&file, machine->image, err) != 0)
        return -1;
    struct kernel kernel = describe_kernel(machine->image, &file, &arena);
    struct elf elf;
    int result = elf_open(&elf, machine->image, file.data, file.size, err);
    if (result == 0 && settings->profile)
        result = run_profiled(machine, settings, &kernel, &elf, exit_code, err);
    else if (result == 0)
        result = start_machine(machine, settings, &kernel, exit_code, err);
    file_close(&file);
    arena_free(&arena);
    return result;
}

static int run_program(struct machine_options *machine, const struct settings *settings, const struct driver *driver,
                       int *exit_code, struct err *err)
{
    struct temp_dir temp;
    struct arena arena = {0};
    if (temp_dir_make(&temp, err) != 0)
        return -1;
    machine->image = arena_printf(&arena, "%s/program.elf", temp.path);
    int result = driver_write_executable(driver, machine->image, err);
    if (result == 0)
        result = run_linked(machine, settings, exit_code, err);
    temp_dir_remove(&temp);
    arena_free(&arena);
    return result;
}

/* QEMU's own is a BIOS. */
static const char *firmware_of(const struct settings *settings)
{
    return settings->firmware && strcmp(settings->firmware, "uefi") == 0 ? "uefi" : NULL;
}

static int run_input(const struct settings *settings, const struct driver *driver, int *exit_code, struct err *err)
{
    struct machine_options machine = {
        .driver = driver->image ? driver->image->qemu_driver : NULL,
        .boot = driver->kind == INPUT_IMAGE ? MACHINE_BOOT_DISK : MACHINE_BOOT_ELF,
        .type = settings->machine,
        .firmware = firmware_of(settings),
        .memory_mib = (uint32_t)settings->memory_mib,
        .monitor = settings->monitor,
        .gdb_port = (unsigned)settings->gdb_port,
        .shares = settings->volumes.shares,
        .share_count = settings->volumes.share_count,
        .disks = settings->volumes.disks,
        .disk_count = settings->volumes.disk_count,
        .verbose = settings->verbose,
    };
    if (settings->accel)
        machine.accel = strcmp(settings->accel, "kvm") == 0 ? MACHINE_ACCEL_KVM : MACHINE_ACCEL_TCG;
    switch (driver->kind) {
    case INPUT_WASM:
    case INPUT_OBJECT:
        return run_program(&machine, settings, driver, exit_code, err);
    case INPUT_KERNEL:
    case INPUT_IMAGE:
        return run_image(&machine, settings, driver, exit_code, err);
    case INPUT_PROCESS:
        return err_set(err, "%s: an executable for Linux: start it directly", driver->input);
    }
    return -1;
}

/* What the machine could not be started for is said before anything is compiled for it. */
static int check_surroundings(struct settings *settings, struct err *err)
{
    if (network_check(&settings->network, &settings->arena, err) != 0 || volumes_check(&settings->volumes, err) != 0)
        return -1;
    if (firmware_of(settings) && settings->memory_mib && settings->memory_mib < UEFI_LEAST_MIB)
        return err_set_status(err, EXIT_USAGE, "run: -m %lu: UEFI's firmware needs %d MiB", settings->memory_mib,
                              UEFI_LEAST_MIB);
    return machine_check_tools(firmware_of(settings), err);
}

/* Returns the program's exit code. */
static int run_operand(struct settings *settings, const struct command_line *line, struct err *err)
{
    int exit_code = 0;
    struct driver driver;
    if (check_surroundings(settings, err) != 0 || settings_open_driver(settings, line, &driver, err) != 0)
        return -1;
    int result = run_input(settings, &driver, &exit_code, err);
    driver_close(&driver);
    return result == 0 ? exit_code : -1;
}

const struct verb verb_run = {
    .name = "run",
    .summary = "run a program, a kernel or an image in a machine",
    .usage = "APP.wasm|APP.wat|APP.o|IMAGE|ELF [[NAME=]LIB.wasm...] [options] [-- ARG...]",
    .help = help,
    .options = SETTINGS_RUN,
    .operand = "program",
    .operand_minimum = 1,
    .operand_maximum = MODULES_MAX,
    .takes_arguments = true,
    .prepare = metrics_remember_signal,
    .action = run_operand,
};
