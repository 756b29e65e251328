#include "shim/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "shim/signals.h"

static const char file_scheme[] = "file://", binary_scheme[] = "binary://";

static bool has_scheme(const char *uri, const char *scheme)
{
    return strncmp(uri, scheme, strlen(scheme)) == 0;
}

/* --- logging programs --- */

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes a URI's percent signs (RFC 3986, section 2.1), and in its query plus signs, which are blanks there. */
static char *decode(const char *text, size_t size, bool is_query, struct arena *arena)
{
    char *out = arena_copy_string(arena, text, size), *end = out;
    for (size_t i = 0; i < size; i++) {
        bool escaped = text[i] == '%' && i + 2 < size && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
        if (escaped) {
            *end++ = (char)(digit(text[i + 1]) << 4 | digit(text[i + 2]));
            i += 2;
        } else {
            *end++ = is_query && text[i] == '+' ? ' ' : text[i];
        }
    }
    *end = 0;
    return out;
}

/* binary:///path/to/program?name=value&name=value: the program's arguments are the names and values in turn. */
static const char **split_command(const char *uri, struct arena *arena)
{
    enum { ARGUMENTS_MAX = 64 };
    const char **argv = arena_array(arena, ARGUMENTS_MAX + 2, sizeof *argv);
    const char *rest = uri + strlen(binary_scheme);
    size_t length = strcspn(rest, "?"), count = 0;
    argv[count++] = decode(rest, length, false, arena);
    rest += length;
    while (*rest && count < ARGUMENTS_MAX) {
        rest++; /* ? and & */
        length = strcspn(rest, "&");
        const char *equals = memchr(rest, '=', length);
        argv[count++] = decode(rest, equals ? (size_t)(equals - rest) : length, true, arena);
        if (equals && equals + 1 < rest + length)
            argv[count++] = decode(equals + 1, (size_t)(rest + length - equals - 1), true, arena);
        rest += length;
    }
    return argv;
}

/* The program finds stdout and stderr as its descriptors 3 and 4, and closes 5 when it is ready (containerd's
 * runtime/v2/README.md, "Logging binary"). */
static _Noreturn void become_logger(const char *const *argv, const int fds[3], const char *id, const char *namespace)
{
    int moved[3];
    setenv("CONTAINER_ID", id, 1);
    setenv("CONTAINER_NAMESPACE", namespace, 1);
    for (int i = 0; i < 3; i++)
        moved[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 16); /* none of them may be where another one goes */
    for (int i = 0; i < 3; i++)
        dup2(moved[i], 3 + i);
    setsid();
    signals_restore();
    execv(argv[0], (char *const *)argv);
    _exit(127);
}

/* Waits until the logger has closed its end, and says so by a byte or not. */
static int await_logger(int fd, const char *program, struct err *err)
{
    char byte;
    struct pollfd poll_ready = {fd, POLLIN, 0};
    int found = poll(&poll_ready, 1, 10000);
    if (found <= 0)
        return err_set(err, "%s: the logging program does not get ready", program);
    return read(fd, &byte, 1) < 0 ? err_set_errno(err, "%s", program) : 0;
}

static int start_logger(const char *uri, const char *id, const char *namespace, int fds[3], struct err *err)
{
    struct arena arena = {0};
    int out[2], errors[2], ready[2];
    const char **argv = split_command(uri, &arena);
    int result = -1;
    if (access(argv[0], X_OK) != 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC) != 0 ||
        pipe2(ready, O_CLOEXEC) != 0) {
        err_set_errno(err, "%s", argv[0]);
    } else {
        pid_t logger = fork();
        if (logger == 0)
            become_logger(argv, (int[3]){out[0], errors[0], ready[1]}, id, namespace);
        if (logger < 0)
            err_set_errno(err, "%s", argv[0]);
        close(out[0]);
        close(errors[0]);
        close(ready[1]);
        fds[1] = out[1];
        fds[2] = errors[1];
        result = logger > 0 ? await_logger(ready[0], argv[0], err) : -1;
        close(ready[0]);
    }
    arena_free(&arena);
    return result;
}

/* --- files and FIFOs --- */

static int open_file(const char *uri, struct err *err)
{
    struct arena arena = {0};
    const char *encoded = uri + strlen(file_scheme);
    const char *path = decode(encoded, strlen(encoded), false, &arena), *slash = strrchr(path, '/');
    if (slash && slash > path) /* as containerd does; what it cannot make, open will tell */
        mkdir(arena_copy_string(&arena, path, (size_t)(slash - path)), 0711);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0)
        err_set_errno(err, "%s", path);
    arena_free(&arena);
    return fd;
}

static int open_output(const char *uri, struct err *err)
{
    if (!*uri)
        return open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (has_scheme(uri, file_scheme))
        return open_file(uri, err);
    /* Both ways: it opens without a reader, and one that ends (containerd) can come back. */
    int fd = open(uri, O_RDWR | O_CLOEXEC);
    return fd >= 0 ? fd : err_set_errno(err, "%s", uri);
}

static int open_input(const char *path, struct err *err)
{
    if (!*path)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "%s", path);
    fcntl(fd, F_SETFL, 0);
    return fd;
}

static int open_outputs(const struct streams *streams, const char *id, const char *namespace, int fds[3],
                        struct err *err)
{
    if (has_scheme(streams->out, binary_scheme))
        return start_logger(streams->out, id, namespace, fds, err);
    fds[1] = open_output(streams->out, err);
    bool shared = strcmp(streams->out, streams->err) == 0;
    fds[2] = shared ? fcntl(fds[1], F_DUPFD_CLOEXEC, 0) : open_output(streams->err, err);
    return fds[1] < 0 || fds[2] < 0 ? -1 : 0;
}

int streams_attach(const struct streams *streams, const char *id, const char *namespace, struct err *err)
{
    int fds[3] = {open_input(streams->in, err), -1, -1};
    int result = fds[0] >= 0 ? open_outputs(streams, id, namespace, fds, err) : -1;
    for (int i = 0; i < 3; i++) {
        if (fds[i] < 0)
            continue;
        if (result == 0)
            dup2(fds[i], i);
        if (fds[i] > 2)
            close(fds[i]);
    }
    return result;
}

int streams_hold_stdin(const struct streams *streams)
{
    return *streams->in ? open(streams->in, O_RDWR | O_NONBLOCK | O_CLOEXEC) : -1;
}
