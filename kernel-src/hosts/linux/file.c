/* file.c: files and folders are Linux's own.
 *
 * A file is its descriptor, and the pointer that the WASI layer holds is made of the number and never followed. Paths
 * are resolved by openat2 beneath a folder's descriptor (RESOLVE_BENEATH), which holds while others exchange links.
 * What is done to a name is done in the folder above it, opened in this way, without following the name. */
#include <asm/stat.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/time_types.h>
#include <linux/uio.h>

#include "hosts/linux/error.h"
#include "hosts/linux/folders.h"
#include "hosts/linux/start.h"
#include "hosts/linux/syscall.h"
#include "rt/message.h"
#include "wasi/host_file.h"

#define SECOND 1000000000ull

enum { TEXT_MAX = 4096, FOLDER_BUFFER = 32 << 10 };
enum { RWF_DSYNC = 2, RWF_SYNC = 4, RWF_APPEND = 16 };

_Static_assert(sizeof(struct host_slice) == sizeof(struct iovec), "slices are handed to the kernel as they are");

/* --- descriptors --- */

static int descriptor(const struct host_file *file)
{
    return (int)((uintptr_t)file / 2 - 1);
}

static bool is_read_only(const struct host_file *folder)
{
    return (uintptr_t)folder % 2;
}

static struct host_file *file_of(long number, bool read_only)
{
    return (struct host_file *)(((uintptr_t)number + 1) * 2 + read_only);
}

static void close_descriptor(int number)
{
    syscall2(__NR_close, number, 0);
}

void host_file_close(struct host_file *file)
{
    close_descriptor(descriptor(file));
}

/* --- paths --- */

/* A path as Linux wants it, with a zero. */
struct text {
    char bytes[TEXT_MAX];
    size_t size;
};

static uint32_t take_text(struct text *text, struct host_path path)
{
    if (path.size == 0)
        return WASI_ENOENT;
    if (path.size >= sizeof text->bytes)
        return WASI_ENAMETOOLONG;
    for (size_t i = 0; i < path.size; i++) {
        text->bytes[i] = path.text[i];
        if (!path.text[i])
            return WASI_EILSEQ;
    }
    text->bytes[path.size] = 0;
    text->size = path.size;
    return WASI_SUCCESS;
}

/* Opens beneath a folder. */
static uint32_t open_beneath(int folder, const char *path, uint64_t flags, int *number)
{
    struct open_how how = {.flags = flags | O_CLOEXEC | O_NOCTTY, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    if (flags & O_PATH)
        how.flags &= ~(uint64_t)O_NOCTTY;
    if (flags & O_CREAT)
        how.mode = 0666;
    long result;
    do { /* EAGAIN: somebody moved what the path leads through */
        result = syscall4(__NR_openat2, folder, (long)path, (long)&how, sizeof how);
    } while (result == -EINTR || (result == -EAGAIN && !(flags & O_NONBLOCK)));
    *number = (int)result;
    return result == -EXDEV ? WASI_ENOTCAPABLE : linux_error(result);
}

/* One path at a time is worked on, and for link and rename two: they need not lie on the stack. */
static struct text first_text, second_text;

/* What is at a path, to look at or to go on from: O_PATH. */
static uint32_t open_place(struct host_file *folder, struct host_path path, bool follow, int *number)
{
    uint32_t error = take_text(&first_text, path);
    if (error)
        return error;
    return open_beneath(descriptor(folder), first_text.bytes, O_PATH | (follow ? 0 : O_NOFOLLOW), number);
}

/* The folder above a path's last name, and the name, with the slashes behind it. */
struct parent {
    int folder;
    const char *name;
    bool is_opened;
};

static void close_parent(const struct parent *parent)
{
    if (parent->is_opened)
        close_descriptor(parent->folder);
}

/* "." or "..", with or without slashes behind. */
static bool is_dots(const char *name)
{
    size_t dots = 0;
    while (name[dots] == '.')
        dots++;
    return (dots == 1 || dots == 2) && (name[dots] == 0 || name[dots] == '/');
}

/* A last name of dots is none that something could be done to, for which `error` is the word; whether it leads out is
 * found out all the same. */
static uint32_t refuse_dots(int folder, const char *path, uint32_t error)
{
    int number;
    uint32_t failed = open_beneath(folder, path, O_PATH, &number);
    if (failed)
        return failed;
    close_descriptor(number);
    return error;
}

static uint32_t open_parent(struct host_file *folder, struct host_path path, struct text *text, uint32_t dots,
                            struct parent *parent)
{
    uint32_t error = take_text(text, path);
    if (error)
        return error;
    if (text->bytes[0] == '/')
        return WASI_ENOTCAPABLE;
    size_t name = text->size;
    while (name > 0 && text->bytes[name - 1] == '/')
        name--;
    while (name > 0 && text->bytes[name - 1] != '/')
        name--;
    *parent = (struct parent){.folder = descriptor(folder), .name = text->bytes + name};
    if (is_dots(parent->name))
        return refuse_dots(parent->folder, text->bytes, dots);
    if (name == 0)
        return WASI_SUCCESS;
    text->bytes[name - 1] = 0;
    error = open_beneath(parent->folder, text->bytes, O_PATH | O_DIRECTORY, &parent->folder);
    parent->is_opened = !error;
    return error;
}

/* --- the given folders --- */

uint32_t host_file_preopen(uint32_t index, struct host_file **file, const char **name)
{
    struct folder folder;
    if (!folder_get(index, &folder))
        return WASI_ENOENT;
    long number = syscall4(__NR_openat, AT_FDCWD, (long)folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (number < 0) {
        message_write("%s: cannot open the folder %s\n", mewz_program.name, folder.path);
        host_exit(START_FAILED);
    }
    *file = file_of(number, folder.is_read_only);
    *name = folder.name;
    return WASI_SUCCESS;
}

/* --- opening --- */

static uint64_t open_flags(const struct host_open *how)
{
    uint64_t flags = how->access == (HOST_READ | HOST_WRITE) ? O_RDWR : how->access & HOST_WRITE ? O_WRONLY : O_RDONLY;
    flags |= how->follow ? 0 : O_NOFOLLOW;
    flags |= how->create ? O_CREAT : 0;
    flags |= how->create && how->exclusive ? O_EXCL : 0;
    flags |= how->truncate ? O_TRUNC : 0;
    flags |= how->folder ? O_DIRECTORY : 0;
    return flags | (how->may_not_block ? O_NONBLOCK : 0);
}

uint32_t host_file_open(struct host_file *folder, struct host_path path, const struct host_open *how,
                        struct host_file **file)
{
    struct host_open allowed = *how;
    int number;
    uint32_t error = take_text(&first_text, path);
    if (error)
        return error;
    bool changes = how->access & HOST_WRITE || how->truncate;
    if (is_read_only(folder)) { /* looks only what the error is */
        allowed.access = HOST_READ;
        allowed.create = allowed.truncate = false;
    }
    error = open_beneath(descriptor(folder), first_text.bytes, open_flags(&allowed), &number);
    if (error)
        return is_read_only(folder) && how->create && error == WASI_ENOENT ? WASI_EROFS : error;
    if (is_read_only(folder) && (changes || (how->create && how->exclusive))) {
        close_descriptor(number);
        return how->create && how->exclusive ? WASI_EEXIST : WASI_EROFS;
    }
    *file = file_of(number, is_read_only(folder));
    return WASI_SUCCESS;
}

/* --- open files --- */

/* At an offset, or where Linux has the position, for what has none. Repeats what a signal interrupted. */
static long transfer(int number, const struct host_slice *slices, size_t count, uint64_t offset, int flags, bool writes)
{
    long result;
    do {
        result =
            syscall6(writes ? __NR_pwritev2 : __NR_preadv2, number, (long)slices, (long)count, (long)offset, 0, flags);
        if (result == -ESPIPE)
            result = syscall3(writes ? __NR_writev : __NR_readv, number, (long)slices, (long)count);
    } while (result == -EINTR);
    return result;
}

uint32_t host_file_read(struct host_file *file, const struct host_slice *slices, size_t count, uint64_t *offset,
                        size_t *done)
{
    long result = transfer(descriptor(file), slices, count, *offset, 0, false);
    *done = result > 0 ? (size_t)result : 0;
    *offset += *done;
    return linux_error(result);
}

uint32_t host_file_write(struct host_file *file, const struct host_slice *slices, size_t count, uint64_t *offset,
                         unsigned how, size_t *done)
{
    int flags = how & HOST_APPEND ? RWF_APPEND : 0;
    flags |= how & HOST_SYNC_ALL ? RWF_SYNC : how & HOST_SYNC_DATA ? RWF_DSYNC : 0;
    long result = transfer(descriptor(file), slices, count, *offset, flags, true);
    *done = result > 0 ? (size_t)result : 0;
    *offset += *done;
    struct wasi_filestat stat;
    if (result > 0 && how & HOST_APPEND && host_file_stat(file, &stat) == WASI_SUCCESS)
        *offset = stat.size;
    return linux_error(result);
}

/* By the number that is above the permissions in a mode, and that getdents64 gives. */
static uint8_t file_type(uint32_t number)
{
    enum { CHARACTER_DEVICE = 2, FOLDER = 4, BLOCK_DEVICE = 6, REGULAR = 8, LINK = 10, SOCKET = 12 };
    static const uint8_t types[16] = {
        [CHARACTER_DEVICE] = WASI_FILETYPE_CHARACTER_DEVICE,
        [FOLDER] = WASI_FILETYPE_DIRECTORY,
        [BLOCK_DEVICE] = WASI_FILETYPE_BLOCK_DEVICE,
        [REGULAR] = WASI_FILETYPE_REGULAR_FILE,
        [LINK] = WASI_FILETYPE_SYMBOLIC_LINK,
        [SOCKET] = WASI_FILETYPE_SOCKET_STREAM,
    };
    return types[number % 16];
}

static uint32_t stat_descriptor(int number, struct wasi_filestat *result)
{
    struct stat stat;
    long failed = syscall4(__NR_newfstatat, number, (long)"", (long)&stat, AT_EMPTY_PATH);
    if (failed)
        return linux_error(failed);
    *result = (struct wasi_filestat){
        .device = stat.st_dev,
        .inode = stat.st_ino,
        .filetype = file_type(stat.st_mode >> 12),
        .link_count = stat.st_nlink,
        .size = (uint64_t)stat.st_size,
        .access_time = stat.st_atime * SECOND + stat.st_atime_nsec,
        .modify_time = stat.st_mtime * SECOND + stat.st_mtime_nsec,
        .change_time = stat.st_ctime * SECOND + stat.st_ctime_nsec,
    };
    return WASI_SUCCESS;
}

uint32_t host_file_stat(struct host_file *file, struct wasi_filestat *stat)
{
    return stat_descriptor(descriptor(file), stat);
}

uint32_t host_file_set_size(struct host_file *file, uint64_t size)
{
    return linux_error(syscall2(__NR_ftruncate, descriptor(file), (long)size));
}

static uint32_t set_times(int number, const struct host_times *times)
{
    struct __kernel_timespec list[] = {
        {.tv_sec = (long)(times->access / SECOND), .tv_nsec = (long)(times->access % SECOND)},
        {.tv_sec = (long)(times->modify / SECOND), .tv_nsec = (long)(times->modify % SECOND)},
    };
    const long omit = (1 << 30) - 2; /* UTIME_OMIT */
    if (!times->set_access)
        list[0].tv_nsec = omit;
    if (!times->set_modify)
        list[1].tv_nsec = omit;
    return linux_error(syscall4(__NR_utimensat, number, (long)"", (long)list, AT_EMPTY_PATH));
}

uint32_t host_file_set_times(struct host_file *file, const struct host_times *times)
{
    return is_read_only(file) ? WASI_EROFS : set_times(descriptor(file), times);
}

uint32_t host_file_allocate(struct host_file *file, uint64_t offset, uint64_t size)
{
    return linux_error(syscall4(__NR_fallocate, descriptor(file), 0, (long)offset, (long)size));
}

uint32_t host_file_sync(struct host_file *file, bool data_only)
{
    return linux_error(syscall2(data_only ? __NR_fdatasync : __NR_fsync, descriptor(file), 0));
}

/* --- folders --- */

/* As getdents64 gives them. */
struct linux_dirent {
    uint64_t inode;
    int64_t next;
    uint16_t size;
    uint8_t type;
    char name[];
};

static bool emit_entry(const struct linux_dirent *entry, host_dirent_emit *emit, void *context)
{
    struct host_dirent dirent = {
        .name = entry->name, .inode = entry->inode, .next = (uint64_t)entry->next, .type = file_type(entry->type)};
    while (entry->name[dirent.size])
        dirent.size++;
    return emit(context, &dirent);
}

uint32_t host_file_readdir(struct host_file *folder, uint64_t cookie, host_dirent_emit *emit, void *context)
{
    static _Alignas(8) char buffer[FOLDER_BUFFER];
    long size = syscall3(__NR_lseek, descriptor(folder), (long)cookie, 0);
    while (size >= 0) {
        size = syscall3(__NR_getdents64, descriptor(folder), (long)buffer, sizeof buffer);
        if (size <= 0)
            break;
        const struct linux_dirent *entry;
        for (long at = 0; at < size; at += entry->size) {
            entry = (const struct linux_dirent *)(buffer + at);
            if (!emit_entry(entry, emit, context))
                return WASI_SUCCESS;
        }
    }
    return linux_error(size);
}

/* --- what is at a path --- */

uint32_t host_path_stat(struct host_file *folder, struct host_path path, bool follow, struct wasi_filestat *stat)
{
    int number;
    uint32_t error = open_place(folder, path, follow, &number);
    if (error)
        return error;
    error = stat_descriptor(number, stat);
    close_descriptor(number);
    return error;
}

uint32_t host_path_set_times(struct host_file *folder, struct host_path path, bool follow,
                             const struct host_times *times)
{
    int number;
    if (is_read_only(folder))
        return WASI_EROFS;
    uint32_t error = open_place(folder, path, follow, &number);
    if (error)
        return error;
    error = set_times(number, times);
    close_descriptor(number);
    return error;
}

uint32_t host_path_readlink(struct host_file *folder, struct host_path path, char *target, size_t room, size_t *size)
{
    int number;
    uint32_t error = open_place(folder, path, false, &number);
    if (error)
        return error;
    long result = syscall4(__NR_readlinkat, number, (long)"", (long)target, (long)room);
    close_descriptor(number);
    if (room == 0)
        result = 0;
    *size = result > 0 ? (size_t)result : 0;
    return result == -ENOENT ? WASI_EINVAL : linux_error(result); /* it is there, but no link */
}

/* --- what is done to a name --- */

/* Calls number(folder above, name, argument). */
static uint32_t change_name(struct host_file *folder, struct host_path path, uint32_t dots, long number, long argument)
{
    struct parent parent;
    if (is_read_only(folder))
        return WASI_EROFS;
    uint32_t error = open_parent(folder, path, &first_text, dots, &parent);
    if (error)
        return error;
    error = linux_error(syscall3(number, parent.folder, (long)parent.name, argument));
    close_parent(&parent);
    return error;
}

uint32_t host_path_create_folder(struct host_file *folder, struct host_path path)
{
    return change_name(folder, path, WASI_EEXIST, __NR_mkdirat, 0777);
}

uint32_t host_path_remove_folder(struct host_file *folder, struct host_path path)
{
    return change_name(folder, path, WASI_EINVAL, __NR_unlinkat, AT_REMOVEDIR);
}

uint32_t host_path_remove_file(struct host_file *folder, struct host_path path)
{
    return change_name(folder, path, WASI_EISDIR, __NR_unlinkat, 0);
}

uint32_t host_path_symlink(struct host_file *folder, struct host_path path, struct host_path target)
{
    struct parent parent;
    if (is_read_only(folder))
        return WASI_EROFS;
    uint32_t error = take_text(&second_text, target);
    if (!error)
        error = open_parent(folder, path, &first_text, WASI_EEXIST, &parent);
    if (error)
        return error;
    error = linux_error(syscall3(__NR_symlinkat, (long)second_text.bytes, parent.folder, (long)parent.name));
    close_parent(&parent);
    return error;
}

static uint32_t rename_between(const struct parent *old, const struct parent *new)
{
    return linux_error(syscall4(__NR_renameat, old->folder, (long)old->name, new->folder, (long)new->name));
}

static uint32_t link_between(const struct parent *old, const struct parent *new)
{
    return linux_error(syscall6(__NR_linkat, old->folder, (long)old->name, new->folder, (long)new->name, 0, 0));
}

static uint32_t change_two(struct host_file *folder, struct host_path path, uint32_t old_dots,
                           struct host_file *new_folder, struct host_path new_path, uint32_t new_dots,
                           uint32_t (*change)(const struct parent *old, const struct parent *new))
{
    struct parent old, new;
    if (is_read_only(folder) || is_read_only(new_folder))
        return WASI_EROFS;
    uint32_t error = open_parent(folder, path, &first_text, old_dots, &old);
    if (error)
        return error;
    error = open_parent(new_folder, new_path, &second_text, new_dots, &new);
    if (!error) {
        error = change(&old, &new);
        close_parent(&new);
    }
    close_parent(&old);
    return error;
}

uint32_t host_path_rename(struct host_file *folder, struct host_path path, struct host_file *new_folder,
                          struct host_path new_path)
{
    return change_two(folder, path, WASI_EBUSY, new_folder, new_path, WASI_EBUSY, rename_between);
}

/* Linux lets a process link an open file only by way of /proc. */
static uint32_t link_followed(struct host_file *folder, struct host_path path, const struct parent *new)
{
    char name[] = "/proc/self/fd/\0\0\0\0\0\0\0\0\0\0";
    int number;
    uint32_t error = open_place(folder, path, true, &number);
    if (error)
        return error;
    char *end = name + sizeof "/proc/self/fd/" - 1;
    int digits = 1;
    for (int rest = number; rest >= 10; rest /= 10)
        digits++;
    for (int rest = number; digits > 0; rest /= 10)
        end[--digits] = (char)('0' + rest % 10);
    error =
        linux_error(syscall6(__NR_linkat, AT_FDCWD, (long)name, new->folder, (long)new->name, AT_SYMLINK_FOLLOW, 0));
    close_descriptor(number);
    return error;
}

uint32_t host_path_link(struct host_file *folder, struct host_path path, bool follow, struct host_file *new_folder,
                        struct host_path new_path)
{
    struct parent new;
    if (!follow || is_read_only(folder) || is_read_only(new_folder))
        return change_two(folder, path, WASI_EPERM, new_folder, new_path, WASI_EEXIST, link_between);
    uint32_t error = open_parent(new_folder, new_path, &second_text, WASI_EEXIST, &new);
    if (error)
        return error;
    error = link_followed(folder, path, &new);
    close_parent(&new);
    return error;
}
