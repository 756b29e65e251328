#include "base/cleanup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Everything below that the signal handler reaches is async-signal-safe (signal-safety(7)): system calls and atomic
 * exchanges. Whoever takes an entry out of its slot, the handler or the normal way, deals with it. */

#define SLOTS 32

static _Atomic(char *) paths[SLOTS];
static _Atomic pid_t children[SLOTS];

struct linux_dirent { /* getdents64(2) */
    uint64_t inode;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static void remove_at(int parent, const char *path);

static void remove_entries(int folder)
{
    _Alignas(struct linux_dirent) char bytes[4096];
    long size;
    /* Not readdir: it allocates, which a signal handler must not. */
    while ((size = syscall(SYS_getdents64, folder, bytes, sizeof bytes)) > 0) {
        for (long at = 0; at < size;) {
            struct linux_dirent *entry = (struct linux_dirent *)(bytes + at);
            if (!is_dots(entry->name))
                remove_at(folder, entry->name);
            at += entry->size;
        }
    }
}

static void remove_at(int parent, const char *path)
{
    if (unlinkat(parent, path, 0) == 0 || errno != EISDIR)
        return;
    int folder = openat(parent, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder < 0)
        return;
    /* Other threads may still write there, until the folder is gone. */
    for (int attempt = 0; attempt < 100; attempt++) {
        lseek(folder, 0, SEEK_SET);
        remove_entries(folder);
        if (unlinkat(parent, path, AT_REMOVEDIR) == 0 || errno != ENOTEMPTY)
            break;
    }
    close(folder);
}

static void remove_path(const char *path)
{
    remove_at(AT_FDCWD, path);
}

static void remove_everything(void)
{
    for (int i = 0; i < SLOTS; i++) {
        pid_t child = atomic_exchange(&children[i], 0);
        if (child > 0 && kill(child, SIGTERM) == 0)
            waitpid(child, NULL, 0);
    }
    for (int i = 0; i < SLOTS; i++) {
        char *path = atomic_exchange(&paths[i], NULL);
        if (path)
            remove_path(path);
    }
}

/* What ends the process second, in another thread, must not do so before the first one has removed everything:
 * timeout(1) and terminals send their signals to the process and to its whole group. All signals are blocked here. */
static void begin_ending(void)
{
    static atomic_flag ending = ATOMIC_FLAG_INIT;
    while (atomic_flag_test_and_set(&ending))
        pause();
}

static void end_by_signal(int number)
{
    begin_ending();
    remove_everything();
    signal(number, SIG_DFL);
    raise(number); /* once this handler returns, the process ends as if it had not been there */
}

void cleanup_end(int status, const char *line)
{
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    begin_ending();
    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        status = status ? status : 1; /* there is nobody to tell */
    remove_everything();
    _exit(status);
}

static void install(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGABRT, SIGBUS, SIGALRM, SIGXCPU};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct sigaction old;
        struct sigaction action = {.sa_handler = end_by_signal, .sa_flags = 0};
        sigfillset(&action.sa_mask);
        /* What the parent had ignored (nohup), or a caller handles by itself, stays so. */
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(signals[i], &action, NULL);
    }
    atexit(remove_everything);
}

static void install_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
}

void cleanup_add_path(char *path)
{
    install_once();
    for (int i = 0; i < SLOTS; i++) {
        char *empty = NULL;
        if (atomic_compare_exchange_strong(&paths[i], &empty, path))
            return;
    }
    abort(); /* far more than the tools ever have open */
}

/* True if the caller now owns the path; false if the handler of another thread has it. */
static bool take_path(char *path)
{
    for (int i = 0; i < SLOTS; i++) {
        char *expected = path;
        if (atomic_compare_exchange_strong(&paths[i], &expected, NULL))
            return true;
    }
    return false;
}

void cleanup_forget_path(char *path)
{
    if (take_path(path))
        free(path);
}

void cleanup_remove_path(char *path)
{
    remove_path(path);
    cleanup_forget_path(path);
}

void cleanup_add_child(pid_t child)
{
    install_once();
    for (int i = 0; i < SLOTS; i++) {
        pid_t empty = 0;
        if (atomic_compare_exchange_strong(&children[i], &empty, child))
            return;
    }
    abort();
}

void cleanup_forget_child(pid_t child)
{
    for (int i = 0; i < SLOTS; i++) {
        pid_t expected = child;
        if (atomic_compare_exchange_strong(&children[i], &expected, 0))
            return;
    }
    for (;;)
        pause();
}
