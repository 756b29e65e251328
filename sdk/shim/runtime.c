#include "shim/runtime.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/proc.h"
#include "shim/signals.h"

static char *join(const char *first, const char *second)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", first, second);
    buf_byte(&path, 0);
    return (char *)path.data;
}

int runtime_open(struct runtime *runtime, const char *namespace, const char *id, struct err *err)
{
    *runtime = (struct runtime){0};
    const char *programs[] = {"runc", "crun"};
    for (size_t i = 0; i < 2 && !runtime->program; i++)
        if (proc_found(programs[i]))
            runtime->program = programs[i];
    if (!runtime->program)
        return err_set(err,
                       "%s: its program is neither a module nor a kernel, and there is neither runc nor crun to "
                       "run it as an ordinary container",
                       id);
    runtime->root = join(RUNTIME_ROOT, namespace);
    runtime->id = memory_copy_string(id);
    return 0;
}

void runtime_close(struct runtime *runtime)
{
    free(runtime->root);
    free(runtime->id);
    *runtime = (struct runtime){0};
}

/* The runtime's last word. */
static int report(const char *log_path, const char *program, struct err *err)
{
    struct file file;
    struct err ignored = {0};
    if (file_read(&file, log_path, &ignored) != 0)
        return err_set(err, "%s: failed", program);
    const char *text = (const char *)file.data;
    size_t size = file.size;
    while (size > 0 && text[size - 1] == '\n')
        size--;
    const char *newline = size ? memrchr(text, '\n', size) : NULL;
    size_t begin = newline ? (size_t)(newline + 1 - text) : 0;
    if (size > 0)
        err_set(err, "%s: %.*s", program, (int)(size - begin), text + begin);
    else
        err_set(err, "%s: failed", program);
    file_close(&file);
    return -1;
}

static int read_pid(const char *path, pid_t *pid, struct err *err)
{
    FILE *file = fopen(path, "re");
    char line[32] = "";
    if (!file || !fgets(line, sizeof line, file) || (*pid = (pid_t)strtol(line, NULL, 10)) <= 0)
        err_set(err, "%s: has no process number", path);
    if (file)
        fclose(file);
    return err->set ? -1 : 0;
}

/* Not proc_run: the container inherits the streams of this process. */
static int run(const char *const argv[])
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        signals_restore();
        execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

int runtime_create(const struct runtime *runtime, const char *bundle, pid_t *pid, struct err *err)
{
    struct arena arena = {0};
    const char *pid_file = arena_printf(&arena, "%s/linux.pid", bundle);
    const char *log_file = arena_printf(&arena, "%s/linux.log", bundle);
    const char *argv[] = {runtime->program, "--root", runtime->root, "--log",  log_file,    "create",
                          "--bundle",       bundle,   "--pid-file",  pid_file, runtime->id, NULL};
    int result = run(argv) == 0 ? read_pid(pid_file, pid, err) : report(log_file, runtime->program, err);
    arena_free(&arena);
    return result;
}

int runtime_do(const struct runtime *runtime, const char *verb, struct err *err)
{
    const char *argv[] = {runtime->program, "--root", runtime->root, verb, runtime->id, NULL};
    return proc_run(argv, runtime->program, NULL, err);
}

int runtime_delete(const struct runtime *runtime, struct err *err)
{
    const char *argv[] = {runtime->program, "--root", runtime->root, "delete", "--force", runtime->id, NULL};
    return proc_run(argv, runtime->program, NULL, err);
}
