#include "shim/shim.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "shim/container.h"
#include "shim/log.h"
#include "shim/signals.h"

/* How long the shim still tries to tell what happened, once there is nothing else to do. */
enum { LAST_WORDS_MS = 5000, RETRY_MS = 500 };

static struct container *find_by_task(const struct shim *shim, pid_t pid)
{
    struct container *container = shim->containers;
    while (container && (container->task.pid != pid || container->task.fd < 0))
        container = container->next;
    return container;
}

static void reap(void *context, short events)
{
    struct shim *shim = context;
    struct signalfd_siginfo ignored;
    int status;
    pid_t pid;
    (void)events;
    while (read(shim->signals, &ignored, sizeof ignored) > 0)
        ;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct container *container = find_by_task(shim, pid);
        if (container)
            container_ended(container, status);
    }
}

/* containerd ends the shim by Shutdown, and by no signal. */
static int block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signals_ignore();
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void say_last_words(struct shim *shim)
{
    long deadline = now_ms() + LAST_WORDS_MS;
    while ((!events_are_out(shim->events) || server_is_busy(shim->server)) && now_ms() < deadline) {
        loop_step(&shim->loop, RETRY_MS);
        events_retry(shim->events);
    }
}

void shim_serve(const struct shim_options *options, int fd, const char *path)
{
    struct shim shim = {.namespace = options->namespace, .socket = path, .signals = block_signals()};
    const char *address = getenv("TTRPC_ADDRESS");
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* what tasks leave behind is reaped */
    shim.events = events_new(&shim.loop, address ? address : "", options->namespace);
    shim.server = server_new(&shim.loop, fd, "containerd.task.v2.Task", service_call, &shim);
    loop_watch(&shim.loop, shim.signals, POLLIN, reap, &shim);
    while (!shim.ending) {
        loop_step(&shim.loop, events_are_out(shim.events) ? -1 : RETRY_MS);
        events_retry(shim.events);
    }
    say_last_words(&shim);
    server_free(shim.server);
}
