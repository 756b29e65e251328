#include "cc/settings.h"

#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/proc.h"
#include "base/sha256.h"
#include "cc/container.h"
#include "cc/json.h"
#include "cc/modules.h"
#include "cc/progress.h"
#include "cc/project.h"

#include <mewz/abi.h>

static const char *const targets[] = {"x86_64-mewz", "x86_64-linux", NULL};
static const char *const cpus[] = {"x86-64-v1", "x86-64-v2", "x86-64-v3", "x86-64-v4", "native", NULL};
static const char *const traces[] = {"wasi", NULL};
static const char *const accels[] = {"tcg", "kvm", NULL};
static const char *const firmwares[] = {"bios", "uefi", NULL};
static const struct option_range levels = {0, 3};
static const struct option_range mebibytes = {2, 1024 * 1024}; /* with 1 no firmware finds room for a kernel */
static const struct option_range ports = {1, 65535};
static const struct option_range intervals = {1, 86400};

#define ALL      (SETTINGS_BUILD | SETTINGS_COMPILE | SETTINGS_LINK | SETTINGS_RUN)
#define WRITES   (SETTINGS_BUILD | SETTINGS_COMPILE | SETTINGS_LINK | SETTINGS_CONVERT | SETTINGS_CLOUD)
#define PACKAGES (SETTINGS_BUILD | SETTINGS_CONVERT)
#define COMPILES (SETTINGS_BUILD | SETTINGS_COMPILE | SETTINGS_RUN | SETTINGS_INSPECT)
#define LINKS    (SETTINGS_BUILD | SETTINGS_LINK | SETTINGS_RUN)

#define PROJECTS (SETTINGS_BUILD | SETTINGS_RUN)

#define AT(member) offsetof(struct settings, member)

static const struct option options[] = {
    {WRITES, "-o", "OUT", OPTION_REQUIRED, AT(output), NULL, "where the result goes"},
    {SETTINGS_CLOUD, "--for", "CLOUD", OPTION_CHOICE, AT(cloud), cloud_names,
     "gcp, aws, azure, openstack, digitalocean, hetzner, oracle or proxmox"},
    {SETTINGS_DISK, "--size", "SIZE", OPTION_SIZE, AT(disk_size), NULL, "of the disk to create, such as 1GiB"},
    {SETTINGS_DISK, "--label", "NAME", OPTION_STRING, AT(file_system_label), NULL, "the name of its file system"},
    {SETTINGS_NEW, "--template", "NAME", OPTION_STRING, AT(template), NULL,
     "c (the default), cpp, rust, go, assemblyscript, wat, echo-server, http-server or rust-echo-server"},
    {PACKAGES, "--format", "FORMAT", OPTION_CHOICE, AT(format), package_formats,
     "raw, qcow2, iso, vmdk, vhd, vhdx, elf or oci; by default OUT's ending (.img is raw)"},
    {PACKAGES, "--size", "SIZE", OPTION_SIZE, AT(disk_size), NULL,
     "the disk's size, such as 1G; by default the smallest"},
    {PACKAGES, "--disk-label", "NAME", OPTION_STRING, AT(disk_label), NULL,
     "the name of the kernel's partition, and of an ISO's volume"},
    {PACKAGES, "--tag", "NAME", OPTION_STRING, AT(reference), NULL,
     "the name of a container image, such as registry.example/app:1.0"},
    {PACKAGES, "--sbom", "FILE", OPTION_STRING, AT(sbom), NULL, "write the bill of materials there, as CycloneDX JSON"},
    {SETTINGS_BUILD, "--oci-wasm", NULL, OPTION_FLAG, AT(oci_wasm), NULL,
     "put the module into the container image, instead of a kernel"},
    {SETTINGS_BUILD | SETTINGS_LINK, "--target", "SYSTEM", OPTION_CHOICE, AT(target), targets,
     "x86_64-mewz (the default) or x86_64-linux"},
    {SETTINGS_RUN, "-m", "MIB", OPTION_NUMBER, AT(memory_mib), &mebibytes, "the machine's memory; 512 by default"},
    {SETTINGS_RUN, "--accel", "ACCEL", OPTION_CHOICE, AT(accel), accels, "tcg or kvm; by default kvm where it works"},
    {SETTINGS_RUN, "--machine", "TYPE", OPTION_STRING, AT(machine), NULL,
     "QEMU's machine; microvm for a program, pc for an image"},
    {SETTINGS_RUN, "--firmware", "KIND", OPTION_CHOICE, AT(firmware), firmwares, "bios or uefi, to boot an image"},
    {SETTINGS_RUN, "--gdb", "PORT", OPTION_NUMBER, AT(gdb_port), &ports, "wait for a debugger on that port"},
    {SETTINGS_RUN, "--monitor", "SOCKET", OPTION_STRING, AT(monitor), NULL, "give QEMU's monitor there: nc -U SOCKET"},
    {SETTINGS_RUN, "--metrics", "SECONDS", OPTION_NUMBER, AT(metrics_interval), &intervals,
     "print what the kernel has counted on stderr so often: docs/metrics.md"},
    {SETTINGS_RUN, "--profile", "OUT.svg", OPTION_STRING, AT(profile), NULL,
     "draw where the program spends its time, as a flame graph"},
    {ALL & ~SETTINGS_COMPILE, "--env", "K=V", OPTION_ASSIGNMENTS, AT(env), NULL, "add to the program's environment"},
    {LINKS, "--listen", "SOCKET", OPTION_LIST, AT(network.listen), NULL,
     "give the program a socket, such as tcp:0.0.0.0:80, from descriptor 3 on"},
    {LINKS, "--ip", "ADDRESS", OPTION_STRING, AT(network.ip), NULL,
     "the machine's address, as 10.0.0.2/24,gw=10.0.0.1,dns=10.0.0.1; else by DHCP"},
    {LINKS, "--hostname", "NAME", OPTION_STRING, AT(network.hostname), NULL, "the machine's name"},
    {SETTINGS_BUILD | SETTINGS_LINK, "--metadata", "CLOUD", OPTION_CHOICE, AT(network.metadata), network_clouds,
     "have HOSTNAME and USER_DATA in the environment by that cloud's metadata service"},
    {SETTINGS_RUN, "-p", "PORT:PORT", OPTION_LIST, AT(network.publish), NULL,
     "lead a port here to one of the program's; udp:5353:53, 0.0.0.0:80:80"},
    {SETTINGS_RUN, "--net", "NET", OPTION_STRING, AT(network.net), NULL,
     "user, tap:NAME or none; by default user if the program has sockets"},
    {SETTINGS_RUN, "--mac", "MAC", OPTION_STRING, AT(network.mac), NULL, "the network card's address"},
    {SETTINGS_RUN, "--pcap", "FILE", OPTION_STRING, AT(network.pcap), NULL, "write every packet to FILE"},
    {LINKS, "--dir", "HOST:GUEST", OPTION_LIST, AT(volume_options.dirs), NULL,
     "put a folder into the image, as site:/srv; with :ro behind it, to read only"},
    {LINKS, "--tmp-max", "SIZE", OPTION_SIZE, AT(volume_options.tmp_max), NULL,
     "the most memory for files that the program writes; by default half of what is free"},
    {LINKS, "--mount", "HOST:GUEST", OPTION_LIST, AT(volume_options.mounts), NULL,
     "share a folder of this machine (build: the virtio-fs device HOST) with the program; with :ro, to read only"},
    {LINKS, "--disk", "FILE:GUEST", OPTION_LIST, AT(volume_options.disks), NULL,
     "give the program the file system in FILE (build: on the disk with serial number FILE), likewise"},
    {COMPILES, "-O", "0..3", OPTION_LEVEL, AT(optimise), &levels, "how hard to optimise; -O2 by default"},
    {COMPILES, "--cpu", "LEVEL", OPTION_CHOICE, AT(cpu), cpus, "x86-64-v1 to -v4, or native; x86-64-v2 by default"},
    {COMPILES, "--memory-max", "SIZE", OPTION_SIZE, AT(memory_max), NULL, "let linear memory grow to SIZE at most"},
    {COMPILES, "--no-cache", NULL, OPTION_FLAG, AT(no_cache), NULL, "compile also what was compiled before"},
    {LINKS, "--import-object", "FILE.o", OPTION_LIST, AT(import_objects), NULL,
     "link an object that defines imports: docs/linking.md"},
    {LINKS, "--trace", "WHAT", OPTION_CHOICE, AT(trace), traces, "wasi: tell each call of WASI on stderr"},
    {ALL, "-g", NULL, OPTION_FLAG, AT(debug), NULL, "keep what debuggers need"},
    {ALL, "--allow-missing", NULL, OPTION_FLAG, AT(allow_missing), NULL,
     "imports that the system lacks trap when called"},
    {SETTINGS_DOCTOR, "--containerd", NULL, OPTION_FLAG, AT(containerd), NULL,
     "look for what containers need as well, and print containerd's configuration"},
    {SETTINGS_INSPECT, "--sizes", NULL, OPTION_FLAG, AT(sizes), NULL,
     "how large each function is, compiled and in the module, and each section"},
    {SETTINGS_INSPECT, "--function", "NAME", OPTION_STRING, AT(function), NULL,
     "a function's instructions, and the native code that each became; also by its index"},
    {PACKAGES | SETTINGS_INSPECT | SETTINGS_DOCTOR, "--json", NULL, OPTION_FLAG, AT(json), NULL,
     "say it on stdout as JSON"},
    {ALL | SETTINGS_CONVERT | SETTINGS_CLOUD, "-v", NULL, OPTION_FLAG, AT(verbose), NULL,
     "tell the commands, the time of each stage, and the sizes"},
};

/* `-`, as other tools have it. */
static void name_streams(struct settings *settings, struct command_line *line)
{
    for (size_t i = 0; i < line->operand_count; i++)
        if (strcmp(line->operands[i], "-") == 0)
            line->operands[i] = "/dev/stdin";
    if (settings->output && strcmp(settings->output, "-") == 0)
        settings->output = "/dev/stdout";
}

static int parse(struct settings *settings, struct command_line *line, char **argv, struct err *err)
{
    struct arena *arena = &settings->arena;
    *settings = (struct settings){.target = "x86_64-mewz", .optimise = 2, .cpu = "x86-64-v2"};
    line->options = options;
    line->option_count = sizeof options / sizeof *options;
    line->values = settings;
    if ((line->verb->options & PROJECTS) && !options_have_operand(line, argv) && project_exists() &&
        project_join(line, argv, &argv, arena, err) != 0)
        return -1;
    if (options_parse(line, argv, arena, err) != 0)
        return -1;
    name_streams(settings, line);
    if (!link_target_find(settings->target)->is_kernel &&
        (settings->network.ip || settings->network.hostname || settings->network.metadata))
        return err_set_status(err, EXIT_USAGE,
                              "%s: --ip, --hostname and --metadata are for machines: a process has its host's network",
                              line->verb->name);
    if (settings->disk_label && !image_is_label(settings->disk_label))
        return err_set_status(err, EXIT_USAGE, "%s: --disk-label %s: not 1 to %d letters, digits, - and _",
                              line->verb->name, settings->disk_label, IMAGE_LABEL_MAX);
    if (settings->reference && !container_is_reference(settings->reference))
        return err_set_status(err, EXIT_USAGE, "%s: --tag %s: not a name such as registry.example/app:1.0",
                              line->verb->name, settings->reference);
    if (network_settings(&settings->network, line->verb->name, &settings->program_settings, arena, err) != 0)
        return -1;
    if (volumes_parse_dirs(&settings->volume_options, line->verb->name, link_target_find(settings->target)->is_kernel,
                           &settings->volumes, &settings->program_settings, arena, err) != 0)
        return -1;
    if (!link_target_find(settings->target)->is_kernel &&
        (settings->volume_options.mounts.count || settings->volume_options.disks.count))
        return err_set_status(err, EXIT_USAGE,
                              "%s: --mount and --disk are for machines: a process has its host's folders",
                              line->verb->name);
    return volumes_parse(&settings->volume_options, line->verb->name, line->verb->options != SETTINGS_RUN,
                         &settings->volumes, &settings->program_settings, arena, err);
}

int settings_run(const struct verb *verb, char **argv, struct err *err)
{
    struct settings settings;
    struct command_line line = {.verb = verb};
    if (verb->prepare)
        verb->prepare();
    int result = parse(&settings, &line, argv, err);
    if (result == 0 && !line.wants_help)
        result = verb->action(&settings, &line, err);
    arena_free(&settings.arena);
    return result;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && S_ISREG(first.st_mode) && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* The first operand is the program, the others are modules that it imports from. */
static int set_inputs(const struct command_line *line, const char *output, struct driver *driver, struct err *err)
{
    driver->others = arena_array(&driver->arena, line->operand_count, sizeof *driver->others);
    driver->other_count = line->operand_count - 1;
    for (size_t i = 0; i < line->operand_count; i++) {
        struct driver *input = i == 0 ? driver : &driver->others[i - 1];
        input->module_name = modules_name(line->operands[i], &input->input, &driver->arena);
        input->verbose = driver->verbose;
        if (output && is_same_file(input->input, output))
            return err_set_status(err, EXIT_USAGE, "%s: -o %s would replace the input", line->verb->name, output);
    }
    return 0;
}

int settings_open_driver(const struct settings *settings, const struct command_line *line, struct driver *driver,
                         struct err *err)
{
    if (settings->memory_max && settings->memory_max < MEWZ_PAGE_SIZE)
        return err_set_status(err, EXIT_USAGE, "%s: --memory-max: a page of linear memory has 64 KiB",
                              line->verb->name);
    *driver =
        (struct driver){.arguments = line->arguments, .no_cache = settings->no_cache, .verbose = settings->verbose};
    if (set_inputs(line, settings->output, driver, err) != 0) {
        arena_free(&driver->arena);
        return -1;
    }
    driver->compile = (struct compile_options){
        .optimise = settings->optimise,
        .cpu = settings->cpu,
        .debug = settings->debug,
        .allow_missing = settings->allow_missing,
        .memory_max = settings->memory_max / MEWZ_PAGE_SIZE,
        .progress = progress_show,
        .warn = progress_warn,
    };
    driver->link = (struct link_options){
        .target = link_target_find(settings->target),
        .name = driver->input,
        .config = {.env = settings->env.strings, .settings = settings->program_settings},
        .objects = settings->import_objects.strings,
        .trace_wasi = settings->trace != NULL,
        .profile = settings->profile != NULL,
        .folders = settings->volumes.folders,
        .folder_count = settings->volumes.folder_count,
        .allow_missing = settings->allow_missing,
        .verbose = settings->verbose,
        .debug = settings->debug,
    };
    driver->package = (struct package){
        .image = {.size = settings->disk_size, .label = settings->disk_label},
        .reference = settings->reference,
        .name = settings->output ? settings->output : driver->input,
        .sbom = settings->sbom,
        .wasm = settings->oci_wasm,
    };
    if (settings->verbose)
        proc_print_commands();
    return driver_open(driver, err);
}

int settings_refuse_ending(const char *verb, const char *output, struct err *err)
{
    struct buf all = {0};
    for (const char *const *format = package_formats; *format; format++)
        buf_printf(&all, "%s%s", format == package_formats ? "" : "|", *format);
    err_set_status(err, EXIT_USAGE, "%s: the ending of %s says no format: use .img, .elf, ... or --format %.*s", verb,
                   output, (int)all.size, all.data);
    buf_free(&all);
    return -1;
}

/* A summary of the output: {"output": ..., "format": ..., "bytes": ..., "sha256": ...}. */
static int print_summary(const struct settings *settings, const char *format, struct err *err)
{
    struct file file;
    cJSON *json = cJSON_CreateObject();
    int result = file_read(&file, settings->output, err);
    if (result == 0) {
        cJSON_AddStringToObject(json, "output", settings->output);
        cJSON_AddStringToObject(json, "format", format);
        cJSON_AddNumberToObject(json, "bytes", (double)file.size);
        cJSON_AddStringToObject(json, "sha256", sha256_text(file.data, file.size).digits);
        json_print(json, stdout);
        file_close(&file);
    }
    cJSON_Delete(json);
    return result;
}

int settings_write_output(const struct settings *settings, const struct driver *driver, driver_write *write,
                          struct err *err)
{
    struct output output;
    bool is_stream;
    if (output_begin(&output, settings->output, err) != 0)
        return -1;
    is_stream = output.is_stream;
    int result = write(driver, output.path, err);
    if (result == 0)
        result = output_commit(&output, err);
    else
        err_replace(err, output.path, settings->output);
    output_discard(&output);
    if (result == 0 && settings->json && !is_stream)
        result = print_summary(settings, driver->package.format, err);
    return result;
}
