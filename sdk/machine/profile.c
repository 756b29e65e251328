#include "machine/profile.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machine/arguments.h"

#include <mewz/profile.h>

int profile_open(struct profile *profile, const struct elf *kernel, const char *path, struct err *err)
{
    struct elf_symbol table, base;
    if (!elf_find_symbol(kernel, "mewz_profile", &table) || !elf_find_symbol(kernel, "mewz_kernel_base", &base) ||
        table.symbol.st_size != sizeof(struct mewz_profile))
        return err_set(err, "%s: takes no samples for --profile", path);
    *profile = (struct profile){
        .address = table.symbol.st_value - base.symbol.st_value,
        .size = sizeof(struct mewz_profile),
        .fd = memfd_create("mewz-profile", MFD_CLOEXEC),
    };
    return profile->fd < 0 ? err_set_errno(err, "memory for the profile") : 0;
}

void profile_close(struct profile *profile)
{
    if (profile->size)
        close(profile->fd);
    *profile = (struct profile){0};
}

/* --- the end of the machine --- */

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
#define SIGNAL_COUNT (sizeof signals / sizeof *signals)

static volatile sig_atomic_t signalled;

static void handle_signal(int number)
{
    signalled = number;
}

int profile_signal(void)
{
    return signalled;
}

void profile_watch_begin(struct profile_watch *watch, const struct profile *profile, int monitor)
{
    *watch = (struct profile_watch){.profile = profile->size ? profile : NULL, .monitor = monitor};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; watch->profile && i < SIGNAL_COUNT; i++) {
        struct sigaction action = {.sa_handler = handle_signal};
        sigaction(signals[i], NULL, &watch->former[i]);
        if (watch->former[i].sa_handler == SIG_IGN) /* nohup */
            continue;
        sigaddset(&set, signals[i]);
        sigaction(signals[i], &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &set, NULL);
}

void profile_watch_end(struct profile_watch *watch)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; watch->profile && i < SIGNAL_COUNT; i++) {
        sigaction(signals[i], &watch->former[i], NULL);
        sigaddset(&set, signals[i]);
    }
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* The file goes by its name in /dev/fd, as all of QEMU's do. */
void profile_watch_step(struct profile_watch *watch, bool has_ended)
{
    if (!watch->profile || watch->asked || (!has_ended && !signalled))
        return;
    char commands[256];
    watch->asked = true;
    snprintf(commands, sizeof commands,
             "{\"execute\": \"pmemsave\", \"arguments\": {\"val\": %lu, \"size\": %lu, \"filename\": \"/dev/fd/%d\"}}\n"
             "{\"execute\": \"quit\"}\n",
             watch->profile->address, watch->profile->size, MACHINE_FD_PROFILE);
    send(watch->monitor, commands, strlen(commands), MSG_NOSIGNAL);
}
