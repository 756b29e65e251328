/* machine.c: start a virtual machine with a program in it, and wait for its end. */
#include "machine/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/elf.h"
#include "base/file.h"
#include "base/proc.h"
#include "machine/accel.h"
#include "machine/arguments.h"
#include "machine/child.h"
#include "machine/session.h"
#include "machine/share.h"
#include "mewz/channels.h"
#include "mewz/tree.h"

int machine_check_disk(const struct machine_disk *disk, struct err *err)
{
    struct stat status;
    if (stat(disk->file, &status) != 0 || access(disk->file, disk->read_only ? R_OK : R_OK | W_OK) != 0)
        return err_set_errno(err, "%s", disk->file);
    return S_ISDIR(status.st_mode) ? err_set(err, "%s: a folder, not a disk: --mount shares folders", disk->file) : 0;
}

int machine_check_tools(const char *firmware, struct err *err)
{
    if (firmware && strcmp(firmware, "uefi") != 0)
        return err_set_status(err, EXIT_USAGE, "firmware \"%s\" is not known: expected uefi", firmware);
    if (firmware && access(MACHINE_UEFI_FIRMWARE, R_OK) != 0)
        return err_set_errno(err, "%s (apt-get install ovmf)", MACHINE_UEFI_FIRMWARE);
    if (!proc_found(MACHINE_QEMU))
        return err_set(err, "%s: not found on PATH: apt-get install %s", MACHINE_QEMU, MACHINE_QEMU_PACKAGE);
    return 0;
}

static int check_options(const struct machine_options *options, struct err *err)
{
    if (access(options->image, R_OK) != 0)
        return err_set_errno(err, "%s", options->image);
    for (size_t i = 0; i < options->disk_count; i++)
        if (machine_check_disk(&options->disks[i], err) != 0)
            return -1;
    return machine_check_tools(options->firmware, err);
}

/* Prints the panic in what came over the serial port, where firmware may have talked as well, and in escape sequences;
 * nothing if there is none. */
static void print_panic(const struct buf *serial)
{
    static const char begin[] = "panic: ";
    const uint8_t *text = serial->size ? memmem(serial->data, serial->size, begin, strlen(begin)) : NULL;
    if (!text)
        return;
    for (const uint8_t *end = serial->data + serial->size; text < end; text++)
        if (*text == '\n' || (*text >= ' ' && *text != 0x7f))
            fputc(*text, stderr);
}

/* QEMU failed by itself. Its first line says why, if it said anything. */
static int report_failure(int status, struct buf *errors, struct err *err)
{
    buf_byte(errors, 0);
    char *line = (char *)errors->data;
    line[strcspn(line, "\n")] = 0;
    if (*line)
        return err_set(err, strncmp(line, MACHINE_QEMU, strlen(MACHINE_QEMU)) == 0 ? "%s" : MACHINE_QEMU ": %s", line);
    if (WIFSIGNALED(status))
        return err_set(err, "%s: ended by signal %d (%s)", MACHINE_QEMU, WTERMSIG(status), strsignal(WTERMSIG(status)));
    return err_set(err, "%s: failed with exit status %d", MACHINE_QEMU, WEXITSTATUS(status));
}

static int conclude(int status, struct session_result *result, int *exit_code, struct err *err)
{
    if (result->exit.size > 0) {
        *exit_code = result->exit.data[0];
        if (*exit_code == MEWZ_EXIT_PANIC)
            print_panic(&result->serial);
        return 0;
    }
    if (status != 0)
        return report_failure(status, &result->errors, err);
    *exit_code = MEWZ_EXIT_PANIC;
    if (profile_signal()) {
        *exit_code = 128 + profile_signal();
        return 0;
    }
    print_panic(&result->serial);
    fprintf(stderr, "%s: the machine ended without an exit code\n", program_invocation_short_name);
    return 0;
}

static int run(const struct machine_options *options, const char *const *arguments, struct child *child, int *exit_code,
               struct err *err)
{
    if (child_start(child, arguments, err) != 0)
        return -1;
    if (options->gdb_port)
        fprintf(stderr, "mewz-cc: the machine waits: gdb -ex 'target remote 127.0.0.1:%u'\n", options->gdb_port);
    struct session_result result = {0};
    int status = session_carry(child, options->control, options->gdb_port != 0, &options->metrics, &options->profile,
                               &result, err);
    if (status == 0)
        status = conclude(child_wait(child), &result, exit_code, err);
    buf_free(&result.serial);
    buf_free(&result.errors);
    buf_free(&result.exit);
    return status;
}

/* QEMU's ends of the shares' channels, -1 for none. */
struct share_ends {
    int of[MACHINE_SHARES_MAX][SHARE_ENDS];
};

static int start_shares(const struct machine_options *options, struct share_ends *ends, struct share_server *servers,
                        struct err *err)
{
    memset(ends, -1, sizeof *ends);
    for (size_t i = 0; i < options->share_count; i++)
        if (share_start(&options->shares[i], &servers[i], ends->of[i], err) != 0)
            return -1;
    return 0;
}

/* An end that was taken is the child's to close. */
static int take(int *end)
{
    int fd = *end;
    *end = -1;
    return fd;
}

static int give_shares(struct child *child, struct share_ends *ends, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (child_give(child, MACHINE_FD_SHARES + (int)i, take(&ends->of[i][SHARE_REQUESTS]), err) != 0 ||
            child_give(child, MACHINE_FD_ALIVE + (int)i, take(&ends->of[i][SHARE_ALIVE]), err) != 0)
            return -1;
    return 0;
}

static void close_shares(const struct share_ends *ends)
{
    for (size_t i = 0; i < MACHINE_SHARES_MAX; i++)
        for (int end = 0; end < SHARE_ENDS; end++)
            if (ends->of[i][end] >= 0)
                close(ends->of[i][end]);
}

static void end_shares(struct share_server *servers, size_t count, bool failed)
{
    for (size_t i = 0; i < count; i++)
        share_end(&servers[i], failed);
}

static int give_claims(struct child *child, int fd, struct err *err)
{
    return fd ? child_give(child, MACHINE_FD_CLAIMS, fcntl(fd, F_DUPFD_CLOEXEC, 0), err) : 0;
}

static int run_with_channels(const struct machine_options *options, const char *const *arguments,
                             const struct buf *config, struct share_ends *share_ends, int *exit_code, struct err *err)
{
    struct child child;
    bool has_tap = options->network.kind == MACHINE_NET_TAP && !options->network.tap;
    int status = child_open(&child, config, has_tap ? options->network.tap_fd : -1, err);
    if (status == 0)
        status = give_shares(&child, share_ends, options->share_count, err);
    if (status == 0)
        status = give_claims(&child, options->network.claims_fd, err);
    if (status == 0 && options->profile.size)
        status = child_give(&child, MACHINE_FD_PROFILE, dup(options->profile.fd), err);
    child.is_alone = options->profile.size != 0;
    if (status == 0)
        status = run(options, arguments, &child, exit_code, err);
    child_close(&child);
    return status;
}

/* A file that is no ELF is QEMU's to refuse. */
static bool reads_kernel(const struct machine_options *options)
{
    struct file file;
    struct elf elf;
    struct elf_section section;
    struct err ignored = {0};
    if (options->boot != MACHINE_BOOT_ELF || file_read(&file, options->image, &ignored) != 0)
        return false;
    bool reads = elf_open(&elf, options->image, file.data, file.size, &ignored) == 0 &&
                 elf_find_section(&elf, MEWZ_FILES_SECTION, &section) &&
                 section.header.sh_size > sizeof(struct mewz_files);
    file_close(&file);
    return reads;
}

int machine_run(const struct machine_options *options, int *exit_code, struct err *err)
{
    struct machine_setting setting = {
        .terminal = {isatty(STDIN_FILENO), isatty(STDOUT_FILENO), isatty(STDERR_FILENO)},
        .config = options->config.args || options->config.env || options->config.settings,
        .reads_kernel = reads_kernel(options),
    };
    if (check_options(options, err) != 0 || accel_choose(options->accel, &setting.accel, err) != 0)
        return -1;

    struct arena arena = {0};
    struct buf config = {0};
    if (setting.config)
        link_config_encode(&options->config, &config);
    const char *const *arguments = machine_arguments(options, &setting, &arena);
    if (options->verbose)
        proc_print_command(arguments);

    struct share_ends share_ends;
    struct share_server servers[MACHINE_SHARES_MAX] = {0};
    int status = start_shares(options, &share_ends, servers, err);
    if (status == 0 && options->control)
        status = options->control->prepare(options->control->context, err);
    if (status == 0)
        status = run_with_channels(options, arguments, setting.config ? &config : NULL, &share_ends, exit_code, err);
    close_shares(&share_ends);
    /* A server complains of a QEMU that was killed, too: nothing for the output of a program that somebody else ends.
     */
    end_shares(servers, options->share_count, status != 0 && !options->control);
    buf_free(&config);
    arena_free(&arena);
    return status;
}
