#include "shim/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/elf.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/proc.h"
#include "base/sha256.h"
#include "shim/kernel_cache.h"
#include "shim/volumes.h"

/* --- finding --- */

/* Opens a path as the container would, with its root as the root. */
static int open_inside(int root, const char *path)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_IN_ROOT};
    int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
    struct stat stat;
    if (fd >= 0 && (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode))) {
        close(fd);
        errno = EACCES;
        return -1;
    }
    return fd;
}

static const char *search_path(const struct spec *spec)
{
    for (const char *const *variable = spec->env; *variable; variable++)
        if (strncmp(*variable, "PATH=", 5) == 0)
            return *variable + 5;
    return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

static int open_program(int root, const struct spec *spec)
{
    struct arena arena = {0};
    const char *name = spec->args[0];
    int fd = -1;
    if (*name == '/') {
        fd = open_inside(root, name);
    } else {
        for (const char *path = strchr(name, '/') ? "" : search_path(spec); *path && fd < 0;) {
            size_t length = strcspn(path, ":");
            fd = open_inside(root, arena_printf(&arena, "%.*s/%s", (int)length, path, name));
            path += length + (path[length] == ':');
        }
        /* Images of modules have no PATH to speak of: `app.wasm` means the one in the working folder. */
        if (fd < 0)
            fd = open_inside(root, arena_printf(&arena, "%s/%s", spec->cwd, name));
    }
    arena_free(&arena);
    return fd;
}

/* The note that PVH boot loaders look for: XEN_ELFNOTE_PHYS32_ENTRY (Xen's public/elfnote.h). */
static bool is_kernel(const struct file *file, const char *path)
{
    struct err ignored = {0};
    struct elf elf;
    size_t size;
    return elf_has_magic(file->data, file->size) && elf_open(&elf, path, file->data, file->size, &ignored) == 0 &&
           elf_find_note(&elf, "Xen", 18, &size);
}

static int find_kind(struct program *program, struct err *err)
{
    static const char wasm_magic[4] = {0, 'a', 's', 'm'};
    struct file file;
    if (file_read(&file, program->path, err) != 0)
        return -1;
    if (file.size >= sizeof wasm_magic && memcmp(file.data, wasm_magic, sizeof wasm_magic) == 0)
        program->kind = PROGRAM_WASM;
    else
        program->kind = is_kernel(&file, program->path) ? PROGRAM_KERNEL : PROGRAM_LINUX;
    file_close(&file);
    return 0;
}

int program_find(struct program *program, const struct spec *spec, const char *bundle, struct err *err)
{
    *program = (struct program){.fd = -1};
    char path[PATH_MAX], link[64];
    if (!spec->args[0] || !*spec->args[0])
        return err_set(err, "the container names no program to run");
    snprintf(path, sizeof path, "%s/rootfs", bundle);
    int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return err_set_errno(err, "%s", path);
    program->fd = open_program(root, spec);
    int reason = errno;
    close(root);
    errno = reason;
    if (program->fd < 0)
        return err_set_errno(err, "%s: not to be had in the image", spec->args[0]);
    snprintf(link, sizeof link, "/proc/self/fd/%d", program->fd);
    program->path = realpath(link, NULL);
    return program->path ? find_kind(program, err) : err_set_errno(err, "%s", spec->args[0]);
}

void program_close(struct program *program)
{
    if (program->fd >= 0)
        close(program->fd);
    free(program->path);
    *program = (struct program){.fd = -1};
}

/* --- making a kernel --- */

struct recipe {
    const struct program *program;
    const char *cpu;
    const char *compiler;
};

/* Without the compiler's own cache: what comes of it is kept here, and root's home is none of containerd's business. */
static int compile(void *context, const char *path, struct err *err)
{
    const struct recipe *recipe = context;
    const char *argv[] = {
        recipe->compiler, "build",       recipe->program->path, "-o",    path,        "--format", "elf",
        "--mount",        VOLUMES_MOUNT, "--no-cache",          "--cpu", recipe->cpu, NULL};
    if (!recipe->cpu)
        argv[10] = NULL;
    return proc_run(argv, "mewz", NULL, err);
}

/* QEMU's user may not read a container's files, so that a kernel is copied as well. */
static int copy(void *context, const char *path, struct err *err)
{
    const struct recipe *recipe = context;
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    off_t at = 0;
    ssize_t copied = to >= 0 ? 1 : -1;
    while (copied > 0)
        copied = sendfile(to, recipe->program->fd, &at, 1 << 30);
    if (copied < 0)
        err_set_errno(err, "%s", path);
    if (to >= 0)
        close(to);
    return (int)copied;
}

/* What the SDK is at this moment: other sizes or times of its parts make another kernel. */
static int describe_sdk(struct buf *text, struct err *err)
{
    static const char *const parts[] = {"bin/mewz-cc", "lib/mewz-llvm.so", "lib/x86_64-mewz/libmewz.a",
                                        "lib/x86_64-mewz/link.ld"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct stat stat_part;
        char *path = sdk_file(parts[i], err);
        if (!path || stat(path, &stat_part) != 0) {
            free(path);
            return -1;
        }
        buf_printf(text, "%lx.%lx.%lx-", (long)stat_part.st_size, stat_part.st_mtim.tv_sec, stat_part.st_mtim.tv_nsec);
        free(path);
    }
    return 0;
}

static int make_key(const struct recipe *recipe, struct sha256_text *key, struct err *err)
{
    struct file file;
    if (file_read(&file, recipe->program->path, err) != 0)
        return -1;
    *key = sha256_text(file.data, file.size);
    file_close(&file);
    if (recipe->program->kind != PROGRAM_WASM)
        return 0;
    struct buf text = {0};
    buf_printf(&text, "%s-%s-%s-", key->digits, recipe->cpu ? recipe->cpu : "", VOLUMES_MOUNT);
    int result = describe_sdk(&text, err);
    *key = sha256_text(text.data, text.size);
    buf_free(&text);
    return result;
}

char *program_kernel(const struct program *program, const char *cpu, struct err *err)
{
    char *compiler = sdk_file("bin/mewz-cc", err), *kernel = NULL;
    struct recipe recipe = {program, cpu, compiler};
    struct sha256_text key;
    if (compiler && make_key(&recipe, &key, err) == 0)
        kernel = kernel_cache_get(key.digits, program->kind == PROGRAM_WASM ? compile : copy, &recipe, err);
    free(compiler);
    return kernel;
}
