/* task_machine.c: a container whose program has a machine of its own. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/prctl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/elf.h"
#include "base/file.h"
#include "machine/machine.h"
#include "mewz/channels.h"
#include "shim/annotations.h"
#include "shim/namespaces.h"
#include "shim/network.h"
#include "shim/task_kinds.h"
#include "shim/volumes.h"

/* What QEMU needs beside the guest's memory, the least that a guest gets (docs/containers.md), and the most that one
 * can use (docs/limits.md). */
#define QEMU_ROOM   (96ull << 20)
#define GUEST_LEAST (8ull << 20)
#define GUEST_MOST  (64ull << 30)

/* Where the users begin that QEMUs run as, one each: none of them owns a file, or can do anything to another one. */
#define FIRST_USER 0x70000000u

/* What the callbacks from the machine know. */
struct steering {
    int fd;
    const struct spec *spec;
    bool stop_by_stdin;
    bool created, started, stopping;
    int signal; /* that ended the machine; 0: none */
};

/* --- steering --- */

static enum machine_command obey_signal(struct steering *steering, int signal)
{
    if (task_is_harmless(signal))
        return MACHINE_NOTHING;
    if (signal == SIGTERM && steering->stop_by_stdin && steering->started && !steering->stopping) {
        steering->stopping = true;
        return MACHINE_END_STDIN;
    }
    steering->signal = signal;
    return MACHINE_KILL;
}

static enum machine_command receive(void *context)
{
    struct steering *steering = context;
    struct task_message message;
    if (!task_receive(steering->fd, &message))
        return obey_signal(steering, SIGKILL);
    if (message.kind == TASK_SIGNAL)
        return obey_signal(steering, message.value);
    return message.kind == TASK_PAUSE ? MACHINE_PAUSE : MACHINE_CONTINUE;
}

/* QEMU stands for the container: it is in all its namespaces, as who wants to join them expects. */
static void tell_ready(void *context, pid_t machine)
{
    struct steering *steering = context;
    steering->created = true;
    task_send(steering->fd, TASK_READY, machine, "");
}

static void tell_done(void *context, enum machine_command command)
{
    struct steering *steering = context;
    if (command == MACHINE_PAUSE)
        task_send(steering->fd, TASK_PAUSED, 0, "");
    else
        task_send(steering->fd, steering->started ? TASK_RESUMED : TASK_STARTED, 0, "");
    steering->started = true;
}

/* --- setting up --- */

/* The guest's size in MiB: what was asked for, or what the container's limit leaves, or 0 for the usual. */
static int choose_memory(const struct spec *spec, const struct annotations *annotations, uint32_t *mib, struct err *err)
{
    uint64_t limit = spec->resources.memory, guest = annotations->memory;
    if (limit && limit < QEMU_ROOM + GUEST_LEAST)
        return err_set(err, "a memory limit of %lu bytes is too little: a machine takes %llu MiB beside the program's",
                       (unsigned long)limit, QEMU_ROOM >> 20);
    if (limit && guest && guest > limit - QEMU_ROOM)
        return err_set(err,
                       "dev.mewz.memory: %lu bytes do not fit the container's limit of %lu: %llu MiB stay for QEMU",
                       (unsigned long)guest, (unsigned long)limit, QEMU_ROOM >> 20);
    if (guest && guest < GUEST_LEAST)
        return err_set(err, "dev.mewz.memory: %lu bytes are less than %llu MiB", (unsigned long)guest,
                       GUEST_LEAST >> 20);
    if (guest > GUEST_MOST)
        return err_set(err, "dev.mewz.memory: %lu bytes are more than %llu GiB", (unsigned long)guest,
                       GUEST_MOST >> 30);
    if (limit && !guest)
        guest = limit - QEMU_ROOM < GUEST_MOST ? limit - QEMU_ROOM : GUEST_MOST;
    *mib = (uint32_t)(guest >> 20);
    return 0;
}

/* What the program has, and its kernel can serve: only with sockets does it take the pod's network
 * (kernel-src/net/net.h), only with paths the container's files (kernel-src/hosts/mewz/mounts.h), if the kernel was
 * linked with virtio-fs. */
struct needs {
    bool network, files, memory; /* memory: it can mount some */
};

static struct needs find_needs(const char *kernel)
{
    struct needs needs = {0};
    struct err ignored = {0};
    struct file file;
    struct elf elf;
    struct elf_symbol symbol;
    if (file_read(&file, kernel, &ignored) != 0)
        return needs;
    if (elf_open(&elf, kernel, file.data, file.size, &ignored) == 0) {
        needs.network = elf_find_symbol(&elf, "net_start", &symbol);
        needs.files = elf_find_symbol(&elf, "mounts_add", &symbol) && elf_find_symbol(&elf, "fuse_mount", &symbol);
        needs.memory = elf_find_symbol(&elf, "open_memory", &symbol);
    }
    file_close(&file);
    return needs;
}

/* Puts a setting before the others. */
static void add_setting(struct machine_options *machine, const char *setting, struct arena *arena)
{
    const char *const *others = machine->config.settings;
    size_t count = 0;
    while (others[count])
        count++;
    const char **all = arena_array(arena, count + 2, sizeof *all);
    all[0] = setting;
    memcpy(all + 1, others, count * sizeof *all);
    machine->config.settings = all;
}

static int share_files(struct task_self *self, struct machine_options *machine, bool has_memory, struct arena *arena,
                       struct err *err)
{
    const struct spec *spec = &self->spec;
    const char *rootfs = arena_printf(arena, "%s/rootfs", self->options->bundle);
    size_t mount_count = 0;
    while (spec->mounts[mount_count].destination)
        mount_count++;
    const char **memory = arena_array(arena, mount_count + 1, sizeof *memory);
    struct machine_share *share = arena_array(arena, 1, sizeof *share);
    *share = (struct machine_share){.tag = VOLUMES_TAG,
                                    .folder = VOLUMES_PLACE,
                                    .user = spec->user,
                                    .group = spec->group,
                                    .groups = spec->groups,
                                    .group_count = spec->group_count};
    machine->shares = share;
    machine->share_count = 1;
    if (volumes_mount(spec, rootfs, has_memory ? memory : NULL, arena, err) != 0)
        return -1;
    while (mount_count > 0) /* each setting comes before the others, so that they keep their order */
        if (memory[--mount_count])
            add_setting(machine, memory[mount_count], arena);
    add_setting(machine, "share=" VOLUMES_MOUNT, arena);
    return 0;
}

static void connect_network(struct machine_options *machine, const struct network *network, struct arena *arena)
{
    if (network->fd < 0)
        return;
    machine->network = (struct machine_network){.kind = MACHINE_NET_TAP,
                                                .tap_fd = network->fd,
                                                .claims_fd = network->claims.fd,
                                                .mac = network->mac,
                                                .mtu = network->mtu};
    size_t count = 0;
    while (network->settings[count])
        count++;
    while (count > 0) /* each comes before the others, so that they keep their order */
        add_setting(machine, network->settings[--count], arena);
}

static int set_up(struct task_self *self, const char *kernel, struct machine_options *machine, struct network *network,
                  struct arena *arena, struct err *err)
{
    struct needs needs = find_needs(kernel);
    /* The network first: who answers its claims is not in the container's group, which may be killed as a whole, and
     * must live to give the pod's interface back. */
    if (needs.network && namespaces_have_host_network(&self->spec))
        return err_set(
            err, "the container has the host's network, which no machine is given: a program with sockets needs a "
                 "network of its pod (in Kubernetes, without hostNetwork)");
    if (namespaces_enter_network(&self->spec, err) != 0 ||
        (needs.network && network_take(network, &self->spec, arena, err) != 0))
        return -1;
    if (task_enter_cgroup(self, err) != 0 || namespaces_enter(&self->spec, err) != 0)
        return -1;
    if (needs.files && share_files(self, machine, needs.memory, arena, err) != 0)
        return -1;
    connect_network(machine, network, arena);
    return 0;
}

/* A container that was given no input is at its end from the start. Where that end is to be the request to stop, it
 * comes only with the request: from a pipe into which nobody writes. */
static int hold_input_open(struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0 || dup2(ends[0], STDIN_FILENO) < 0)
        return err_set_errno(err, "standard input");
    return close(ends[0]);
}

/* --- running --- */

/* Root's rights were for setting up. Of groups, only the one whose members may use KVM is kept. */
static int become_nobody(struct err *err)
{
    struct stat kvm;
    uid_t user = FIRST_USER + (uid_t)getpid();
    bool has_kvm = stat("/dev/kvm", &kvm) == 0 && kvm.st_gid != 0;
    if (setgroups(has_kvm, &kvm.st_gid) != 0 || setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0)
        return err_set_errno(err, "QEMU cannot have user %u", (unsigned)user);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* another user forgets it */
    return 0;
}

static int prepare(void *context, struct err *err)
{
    const struct steering *steering = context;
    return namespaces_enter_pid(steering->spec, err) == 0 ? become_nobody(err) : -1;
}

/* The container's exit code for what became of the machine. */
static int conclude(const struct task_self *self, const struct steering *steering, int code, const struct err *err)
{
    if (!err->set && code != MEWZ_EXIT_PANIC)
        return code;
    if (steering->signal)
        return 128 + steering->signal;
    if (!err->set) {
        task_send(self->fd, TASK_NOTICE, 0, "the kernel panicked; its message is on the container's stderr");
        return code;
    }
    task_send(self->fd, TASK_NOTICE, 0, err->text);
    if (cgroup_oom_kills(&self->cgroup) > 0)
        return 128 + SIGKILL;
    fprintf(stderr, "mewz: %s\n", err->text);
    return MEWZ_EXIT_PANIC;
}

static int run_machine(const struct task_self *self, struct machine_options *machine, struct steering *steering,
                       struct err *err)
{
    const struct machine_control control = {steering->fd, receive, prepare, tell_ready, tell_done, steering};
    struct err failure = {0};
    int code = 0;
    machine->control = &control;
    int result = machine_run(machine, &code, &failure);
    machine->control = NULL;
    if (result != 0 && !steering->created && !steering->signal)
        return err_set(err, "%s", failure.text);
    return conclude(self, steering, code, &failure);
}

int task_machine(struct task_self *self, const struct program *program, struct err *err)
{
    struct arena arena = {0};
    struct annotations annotations;
    struct machine_options machine = {.boot = MACHINE_BOOT_ELF};
    int result = -1;
    char *kernel = NULL;
    if (annotations_read(&annotations, &self->spec, &arena, err) == 0 &&
        choose_memory(&self->spec, &annotations, &machine.memory_mib, err) == 0 &&
        (kernel = program_kernel(program, annotations.cpu, err)) != NULL) {
        struct steering steering = {.fd = self->fd, .spec = &self->spec, .stop_by_stdin = annotations.stop_by_stdin};
        machine.image = kernel;
        machine.config = (struct link_config){self->spec.args, self->spec.env, annotations.settings};
        struct network network = {.fd = -1};
        bool holds = annotations.stop_by_stdin && !*self->options->streams.in;
        if ((!holds || hold_input_open(err) == 0) && set_up(self, kernel, &machine, &network, &arena, err) == 0)
            result = run_machine(self, &machine, &steering, err);
        network_release(&network);
    }
    free(kernel);
    arena_free(&arena);
    return result;
}
