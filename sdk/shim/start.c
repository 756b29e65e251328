/* start.c: `start`: a shim for the container, or the one that its pod has already. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "shim/log.h"
#include "shim/shim.h"
#include "shim/spec.h"

#define SOCKET_FOLDER "/run/mewz/s"

/* FNV-1a: a name that fits a socket's path, whatever the parts. */
static uint64_t hash(uint64_t sum, const char *text)
{
    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * 0x100000001b3;
    return (sum ^ '/') * 0x100000001b3;
}

char *shim_socket_path(const struct shim_options *options, const char *group)
{
    uint64_t sum = hash(hash(hash(0xcbf29ce484222325, options->address), options->namespace), group);
    struct buf path = {0};
    buf_printf(&path, SOCKET_FOLDER "/%.24s-%016lx", group, (unsigned long)sum);
    buf_byte(&path, 0);
    return (char *)path.data;
}

static struct sockaddr_un make_address(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

int shim_connect(const char *path)
{
    struct sockaddr_un address = make_address(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int listen_at(const char *path, struct err *err)
{
    struct sockaddr_un address = make_address(path);
    unlink(path); /* of a shim that was killed */
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 128) != 0) {
        err_set_errno(err, "%s", path);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

/* The service's process. containerd waits for the end of the standard streams that this one was given. */
static _Noreturn void become_service(const struct shim_options *options, int fd, const char *path)
{
    setsid();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i < 3 && null >= 0; i++)
        dup2(null, i);
    log_open("log", options->debug);
    if (chdir("/") != 0)
        exit(EXIT_FAILED);
    shim_serve(options, fd, path);
    exit(EXIT_OK);
}

static int start_service(const struct shim_options *options, const char *path, struct err *err)
{
    int fd = listen_at(path, err);
    if (fd < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        become_service(options, fd, path);
    close(fd);
    return pid > 0 ? 0 : err_set_errno(err, "the shim's process");
}

int shim_lock_sockets(void)
{
    mkdir("/run/mewz", 0755);
    mkdir(SOCKET_FOLDER, 0700);
    int folder = open(SOCKET_FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0 && flock(folder, LOCK_EX) == 0)
        return folder;
    if (folder >= 0)
        close(folder);
    return -1;
}

/* Two containers of one pod may be started at once: one of them makes the shim. */
static int find_or_start(const struct shim_options *options, const char *path, struct err *err)
{
    int lock = shim_lock_sockets();
    if (lock < 0)
        return err_set_errno(err, SOCKET_FOLDER);
    int client = shim_connect(path);
    int result = client >= 0 ? 0 : start_service(options, path, err);
    if (client >= 0)
        close(client);
    flock(lock, LOCK_UN); /* the service has inherited the descriptor, and the lock with it */
    close(lock);
    return result;
}

static int write_address(const char *address, struct err *err)
{
    struct output output;
    if (output_begin(&output, "address", err) != 0)
        return -1;
    int result = output_write(&output, address, strlen(address), err);
    if (result == 0)
        result = output_commit(&output, err);
    output_discard(&output);
    return result;
}

int shim_start(const struct shim_options *options, struct err *err)
{
    struct spec spec;
    struct arena arena = {0};
    if (spec_read(&spec, ".", err) != 0)
        return -1;
    const char *pod = spec_sandbox_id(&spec);
    char *path = shim_socket_path(options, pod ? pod : options->id);
    const char *address = arena_printf(&arena, "unix://%s", path);
    int result = write_address(address, err);
    if (result == 0)
        result = find_or_start(options, path, err);
    if (result == 0)
        fputs(address, stdout);
    free(path);
    arena_free(&arena);
    spec_free(&spec);
    return result;
}
