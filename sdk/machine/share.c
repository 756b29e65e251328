#include "machine/share.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where distributions put it; it is on nobody's PATH. */
const char *share_find_server(void)
{
    static const char *const places[] = {"/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd", "/usr/lib/virtiofsd"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (access(places[i], X_OK) == 0)
            return places[i];
    return NULL;
}

/* --- sockets --- */

/* A listening socket under a name that the kernel makes up (unix(7), "autobind"), and a connection to it. */
static int open_requests(int *listening, int *connected)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t size = sizeof address;
    *listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *connected = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (*listening < 0 || *connected < 0)
        return -1;
    if (bind(*listening, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0 || listen(*listening, 1) != 0 ||
        getsockname(*listening, (struct sockaddr *)&address, &size) != 0)
        return -1;
    return connect(*connected, (struct sockaddr *)&address, size);
}

static int open_alive(int *inherited, int *end)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    *inherited = pair[0];
    *end = pair[1];
    return 0;
}

/* --- the server's process, before it is the server's: only system calls --- */

struct launch {
    const char *program;
    const char *folder; /* absolute, without symbolic links */
    char source[2 * PATH_MAX + 16];
    bool read_only;
    pid_t parent;
    const struct machine_share *share;
    uid_t user;
    gid_t group;
    int socket;
    int alive;  /* inherited, and never used */
    int report; /* takes an errno if it does not become the server */
    int errors; /* its stderr; nobody may read it, so it must not block */
};

enum { SERVER_SOCKET = 3, SERVER_ALIVE = 4 };

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t wrote = write(fd, text, strlen(text));
    close(fd);
    return wrote < 0 ? -1 : 0;
}

/* Of another user's /proc/self nothing may be written, and whoever changed is one until it says otherwise. */
static int become_user(const struct launch *launch)
{
    const struct machine_share *share = launch->share;
    if (setgroups(share->group_count, share->groups) != 0 ||
        setresgid(launch->group, launch->group, launch->group) != 0 ||
        setresuid(launch->user, launch->user, launch->user) != 0)
        return -1;
    return prctl(PR_SET_DUMPABLE, 1);
}

/* To change its root the server has to be root somewhere. */
static int enter_user_namespace(const struct launch *launch)
{
    char map[64];
    if (unshare(CLONE_NEWUSER) != 0 || write_file("/proc/self/setgroups", "deny") != 0)
        return -1;
    snprintf(map, sizeof map, "0 %u 1", launch->user);
    if (write_file("/proc/self/uid_map", map) != 0)
        return -1;
    snprintf(map, sizeof map, "0 %u 1", launch->group);
    return write_file("/proc/self/gid_map", map);
}

/* The server gives up all groups but its own, and ends if it cannot: in such a namespace nobody can. It is told that it
 * has done so, and keeps them, for they are the user's. */
static int forgive_setgroups(void)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setgroups, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO), /* with 0, which is success */
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

static int mount_read_only(const char *folder)
{
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return -1;
    if (mount(folder, folder, NULL, MS_BIND | MS_REC, NULL) != 0)
        return -1;
    return mount_setattr(AT_FDCWD, folder, AT_RECURSIVE, &attributes, sizeof attributes);
}

static int prepare(const struct launch *launch)
{
    if (launch->share->user != 0 && become_user(launch) != 0)
        return -1;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* another user forgets it */
    if (getppid() != launch->parent)  /* it died before the line above */
        return -1;
    if (launch->user != 0 && (enter_user_namespace(launch) != 0 || forgive_setgroups() != 0))
        return -1;
    if (launch->read_only && mount_read_only(launch->folder) != 0)
        return -1;
    /* stdin and stdout belong to the program in the machine. */
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    return null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(launch->socket, SERVER_SOCKET) < 0 ||
                   dup2(launch->alive, SERVER_ALIVE) < 0 || dup2(launch->errors, 2) < 0
               ? -1
               : 0;
}

static _Noreturn void become(const struct launch *launch)
{
    if (prepare(launch) == 0)
        execl(launch->program, launch->program, "--fd=3", "-f", "-o", launch->source, "-o", "log_level=err", NULL);
    int error = errno;
    _exit(write(launch->report, &error, sizeof error) == sizeof error ? 127 : 126);
}

/* --- ours --- */

/* In the server's lists of options a comma and a backslash in a value come after a backslash. */
static void set_source(struct launch *launch)
{
    char *end = stpcpy(launch->source, "source=");
    for (const char *c = launch->folder; *c; c++) {
        if (*c == ',' || *c == '\\')
            *end++ = '\\';
        *end++ = *c;
    }
    *end = 0;
}

/* The descriptors that the server's process moves must not lie where it moves them to. */
static int move_up(int *fd)
{
    int moved = fcntl(*fd, F_DUPFD_CLOEXEC, SERVER_ALIVE + 1);
    close(*fd);
    *fd = moved;
    return moved < 0 ? -1 : 0;
}

static pid_t wait_for(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return 0;
}

/* Forks the server, and waits until it is the server or has failed to become it. */
static int start(struct launch *launch, struct share_server *server)
{
    int report[2], errors[2], error = 0;
    if (pipe2(report, O_CLOEXEC) != 0 || pipe2(errors, O_CLOEXEC | O_NONBLOCK) != 0 || move_up(&report[1]) != 0 ||
        move_up(&errors[1]) != 0)
        return -1;
    launch->report = report[1];
    launch->errors = errors[1];
    server->errors = errors[0];
    server->pid = fork();
    if (server->pid == 0)
        become(launch);
    close(report[1]);
    close(errors[1]);
    if (server->pid < 0)
        error = errno;
    else if (read(report[0], &error, sizeof error) == sizeof error)
        wait_for(server->pid);
    close(report[0]);
    if (error == 0)
        return 0;
    close(server->errors);
    server->pid = 0;
    errno = error;
    return -1;
}

static void close_all(int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static int start_with_sockets(struct launch *launch, struct share_server *server, int ends[SHARE_ENDS], struct err *err)
{
    launch->socket = launch->alive = ends[SHARE_REQUESTS] = ends[SHARE_ALIVE] = -1;
    int result = open_requests(&launch->socket, &ends[SHARE_REQUESTS]);
    if (result == 0)
        result = open_alive(&launch->alive, &ends[SHARE_ALIVE]);
    if (result == 0 && (move_up(&launch->socket) != 0 || move_up(&launch->alive) != 0))
        result = -1;
    if (result != 0)
        err_set_errno(err, "a socket to share %s", launch->folder);
    else if ((result = start(launch, server)) != 0)
        err_set_errno(err, "%s: cannot be shared%s", launch->folder,
                      launch->user != 0 ? " by an ordinary user (user namespaces are needed, or root)" : "");
    close_all((int[]){launch->socket, launch->alive}, 2);
    if (result != 0)
        close_all(ends, SHARE_ENDS);
    return result;
}

int machine_check_share(const struct machine_share *share, struct err *err)
{
    struct stat status;
    if (stat(share->folder, &status) != 0)
        return err_set_errno(err, "%s", share->folder);
    if (!S_ISDIR(status.st_mode))
        return err_set(err, "%s: not a folder", share->folder);
    /* On a read-only mount others below it may be writable. */
    if (access(share->folder, share->read_only ? R_OK | X_OK : R_OK | W_OK | X_OK) != 0 && errno != EROFS)
        return err_set_errno(err, "%s", share->folder);
    return 0;
}

int share_start(const struct machine_share *share, struct share_server *server, int ends[SHARE_ENDS], struct err *err)
{
    char folder[PATH_MAX];
    struct launch launch = {
        .program = share_find_server(),
        .folder = realpath(share->folder, folder),
        .read_only = share->read_only,
        .parent = getpid(),
        .share = share,
        .user = share->user ? share->user : geteuid(),
        .group = share->user ? share->group : getegid(),
    };
    *server = (struct share_server){0};
    if (!launch.folder)
        return err_set_errno(err, "%s", share->folder);
    if (machine_check_share(share, err) != 0)
        return -1;
    if (!launch.program)
        return err_set(err, "virtiofsd, which shares folders: not found: apt-get install %s", MACHINE_SHARE_PACKAGE);
    set_source(&launch);
    return start_with_sockets(&launch, server, ends, err);
}

void share_end(struct share_server *server, bool tell)
{
    char text[4096];
    if (!server->pid)
        return;
    server->pid = wait_for(server->pid);
    ssize_t got = tell ? read(server->errors, text, sizeof text) : 0;
    if (got > 0)
        fprintf(stderr, "virtiofsd: %.*s", (int)got, text);
    close(server->errors);
}
