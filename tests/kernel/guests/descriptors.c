/* Asks of the standard streams what only files, folders and sockets can do, and prints the errno values by name; or
 * waits for stdin. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wasi/api.h>

/* Not in the C library's header. */
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int proc_raise(int signal);

#define PRINT(call) printf("%s: %s\n", #call, name_errno(call))

static uint8_t bytes[64];
static __wasi_ciovec_t out = {bytes, 1};
static __wasi_iovec_t in = {bytes, 1};
static __wasi_size_t size;
static __wasi_filesize_t position;
static __wasi_fd_t opened;

static const char *name_errno(__wasi_errno_t error)
{
    switch (error) {
    case __WASI_ERRNO_SUCCESS:
        return "success";
    case __WASI_ERRNO_BADF:
        return "badf";
    case __WASI_ERRNO_FAULT:
        return "fault";
    case __WASI_ERRNO_INVAL:
        return "inval";
    case __WASI_ERRNO_NOTSOCK:
        return "notsock";
    case __WASI_ERRNO_SPIPE:
        return "spipe";
    case __WASI_ERRNO_NOTCAPABLE:
        return "notcapable";
    default:
        return "another";
    }
}

static void print_errors(void)
{
    __wasi_prestat_t prestat;
    __wasi_roflags_t flags;
    PRINT(__wasi_fd_write(0, &out, 1, &size));
    PRINT(__wasi_fd_read(1, &in, 1, &size));
    PRINT(__wasi_fd_write(1, (const __wasi_ciovec_t *)0xfffffff8, 1, &size));
    PRINT(__wasi_fd_write(9, &out, 1, &size));
    PRINT(__wasi_fd_seek(1, 0, __WASI_WHENCE_CUR, &position));
    PRINT(__wasi_fd_tell(0, &position));
    PRINT(__wasi_fd_pread(0, &in, 1, 0, &size));
    PRINT(__wasi_fd_prestat_get(9, &prestat));
    PRINT(__wasi_fd_allocate(1, 0, 1));
    PRINT(__wasi_fd_filestat_set_size(1, 1));
    PRINT(__wasi_fd_readdir(0, bytes, sizeof bytes, 0, &size));
    PRINT(__wasi_path_open(0, 0, "file", 0, 0, 0, 0, &opened));
    PRINT(__wasi_path_open(9, 0, "file", 0, 0, 0, 0, &opened));
    PRINT(__wasi_path_unlink_file(9, "file"));
    PRINT(__wasi_sock_recv(0, &in, 1, 0, &size, &flags));
    PRINT(__wasi_sock_shutdown(9, 0));
    PRINT(__wasi_fd_renumber(2, 9));
    PRINT(__wasi_fd_close(2));
    PRINT(__wasi_fd_close(2));
    PRINT(__wasi_random_get((uint8_t *)0xffffff00, 0x101));
}

/* Prints what comes first, bytes on stdin or a tenth of a second, until stdin ends. */
static int wait_for_input(void)
{
    __wasi_subscription_t subscriptions[2] = {
        {.userdata = 1, .u = {.tag = __WASI_EVENTTYPE_FD_READ}},
        {.userdata = 2, .u = {.tag = __WASI_EVENTTYPE_CLOCK}},
    };
    subscriptions[1].u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
    subscriptions[1].u.u.clock.timeout = 100 * 1000000ull;
    ssize_t taken = 1;
    while (taken > 0) {
        __wasi_event_t events[2];
        if (__wasi_poll_oneoff(subscriptions, events, 2, &size) || size == 0)
            return 1;
        char text[64];
        taken = events[0].userdata == 1 ? read(0, text, sizeof text) : 1;
        dprintf(1, events[0].userdata == 2 ? "time\n" : "%zd bytes\n", taken);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "errors") == 0)
        print_errors();
    else if (strcmp(what, "wait") == 0)
        return wait_for_input();
    else if (strcmp(what, "terminals") == 0)
        for (int fd = 0; fd < 3; fd++)
            printf("%d\n", isatty(fd));
    else if (strcmp(what, "write") == 0) /* the error of writing to stdout, on stderr */
        dprintf(2, "%s\n", write(1, "text\n", 5) == 5 ? "written" : strerror(errno));
    else if (strcmp(what, "raise") == 0)
        proc_raise(6); /* abort */
    return 0;
}
