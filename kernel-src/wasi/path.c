/* path.c: the functions on paths, each relative to a folder's descriptor.
 *
 * Rights and addresses are looked at here; where the path leads is the host's to find out (host_file.h). */
#include "wasi/path.h"

#include "wasi/file_kind.h"
#include "wasi/guest.h"
#include "wasi/preopens.h"
#include "wasi/preview1.h"
#include "wasi/times.h"

/* A reference brings the given folders into the program, where they are opened if they are there (rt/run.c). */
__attribute__((used)) static void (*const preopens)(void) = preopens_open;

/* What most functions begin with: a folder with these rights, and a path. */
static uint32_t take(uint32_t number, uint64_t rights, uint32_t address, uint32_t size, struct fd **fd,
                     struct host_path *path)
{
    uint32_t error = fd_find(number, rights, fd);
    if (error)
        return error;
    if (!(*fd)->file)
        return WASI_ENOTDIR;
    *path = (struct host_path){.text = guest_bytes(address, size), .size = size};
    return path->text ? WASI_SUCCESS : WASI_EFAULT;
}

static bool follows(uint32_t lookup)
{
    return lookup & WASI_LOOKUP_SYMLINK_FOLLOW;
}

/* --- opening --- */

static uint64_t rights_to_open(uint32_t open_flags)
{
    uint64_t rights = WASI_RIGHT_PATH_OPEN;
    if (open_flags & WASI_OFLAG_CREAT)
        rights |= WASI_RIGHT_PATH_CREATE_FILE;
    if (open_flags & WASI_OFLAG_TRUNC)
        rights |= WASI_RIGHT_PATH_FILESTAT_SET_SIZE;
    return rights;
}

/* Which access the rights that a descriptor shall have are in need of. */
static unsigned access_for(uint64_t rights)
{
    uint64_t writes = WASI_RIGHT_FD_WRITE | WASI_RIGHT_FD_ALLOCATE | WASI_RIGHT_FD_FILESTAT_SET_SIZE;
    uint64_t reads = WASI_RIGHT_FD_READ | WASI_RIGHT_FD_READDIR;
    if (!(rights & writes))
        return HOST_READ;
    return rights & reads ? HOST_READ | HOST_WRITE : HOST_WRITE;
}

static uint32_t open_at(struct fd *folder, struct host_path path, const struct host_open *how, uint64_t rights,
                        uint64_t inheriting, uint16_t flags, uint32_t *number)
{
    struct fd *fd;
    struct host_file *file;
    uint32_t error = fd_open(number, &fd); /* first, so that no file is made that has no place */
    if (!error)
        error = host_file_open(folder->file, path, how, &file);
    if (error)
        return error;
    error = file_fill(fd, file, rights, inheriting, flags);
    if (error)
        host_file_close(file);
    return error;
}

uint32_t wasi_path_open(uint32_t number, uint32_t lookup, uint32_t address, uint32_t size, uint32_t open_flags,
                        uint64_t base, uint64_t inheriting, uint32_t flags, uint32_t opened)
{
    struct fd *folder;
    struct host_path path;
    uint32_t error = take(number, rights_to_open(open_flags), address, size, &folder, &path);
    if (error)
        return error;
    if (open_flags & ~(uint32_t)WASI_OFLAGS || flags & ~(uint32_t)WASI_FDFLAGS)
        return WASI_EINVAL;
    if ((open_flags & WASI_OFLAG_CREAT) && (open_flags & WASI_OFLAG_DIRECTORY))
        return WASI_EINVAL; /* as Linux: what would be made is no folder */
    if ((base | inheriting) & ~folder->rights_inheriting)
        return WASI_ENOTCAPABLE;
    if (!guest_bytes(opened, sizeof(uint32_t)))
        return WASI_EFAULT;
    struct host_open how = {
        .access = access_for(base),
        .follow = follows(lookup),
        .create = open_flags & WASI_OFLAG_CREAT,
        .exclusive = open_flags & WASI_OFLAG_EXCL,
        .truncate = open_flags & WASI_OFLAG_TRUNC,
        .folder = open_flags & WASI_OFLAG_DIRECTORY,
        .may_not_block = flags & WASI_FDFLAG_NONBLOCK,
    };
    uint32_t new_number;
    error = open_at(folder, path, &how, base, inheriting, (uint16_t)flags, &new_number);
    if (!error)
        guest_write_u32(opened, new_number);
    return error;
}

/* --- what is at a path --- */

uint32_t path_filestat(uint32_t number, uint32_t lookup, uint32_t address, uint32_t size, struct wasi_filestat *stat)
{
    struct fd *folder;
    struct host_path path;
    *stat = (struct wasi_filestat){0};
    uint32_t error = take(number, WASI_RIGHT_PATH_FILESTAT_GET, address, size, &folder, &path);
    return error ? error : host_path_stat(folder->file, path, follows(lookup), stat);
}

uint32_t wasi_path_filestat_get(uint32_t number, uint32_t lookup, uint32_t address, uint32_t size, uint32_t result)
{
    struct wasi_filestat stat;
    uint32_t error = path_filestat(number, lookup, address, size, &stat);
    if (error)
        return error;
    return guest_write(result, &stat, sizeof stat) ? WASI_SUCCESS : WASI_EFAULT;
}

uint32_t wasi_path_filestat_set_times(uint32_t number, uint32_t lookup, uint32_t address, uint32_t size,
                                      uint64_t access, uint64_t modify, uint32_t flags)
{
    struct fd *folder;
    struct host_path path;
    struct host_times times;
    uint32_t error = take(number, WASI_RIGHT_PATH_FILESTAT_SET_TIMES, address, size, &folder, &path);
    if (!error)
        error = times_take(access, modify, flags, &times);
    return error ? error : host_path_set_times(folder->file, path, follows(lookup), &times);
}

uint32_t wasi_path_readlink(uint32_t number, uint32_t address, uint32_t size, uint32_t buffer, uint32_t buffer_size,
                            uint32_t used)
{
    struct fd *folder;
    struct host_path path;
    size_t copied = 0;
    uint32_t error = take(number, WASI_RIGHT_PATH_READLINK, address, size, &folder, &path);
    char *target = guest_bytes(buffer, buffer_size);
    if (!error && (!target || !guest_bytes(used, sizeof(uint32_t))))
        error = WASI_EFAULT;
    if (!error)
        error = host_path_readlink(folder->file, path, target, buffer_size, &copied);
    if (!error)
        guest_write_u32(used, (uint32_t)copied);
    return error;
}

/* --- making and removing --- */

uint32_t wasi_path_create_directory(uint32_t number, uint32_t address, uint32_t size)
{
    struct fd *folder;
    struct host_path path;
    uint32_t error = take(number, WASI_RIGHT_PATH_CREATE_DIRECTORY, address, size, &folder, &path);
    return error ? error : host_path_create_folder(folder->file, path);
}

uint32_t wasi_path_remove_directory(uint32_t number, uint32_t address, uint32_t size)
{
    struct fd *folder;
    struct host_path path;
    uint32_t error = take(number, WASI_RIGHT_PATH_REMOVE_DIRECTORY, address, size, &folder, &path);
    return error ? error : host_path_remove_folder(folder->file, path);
}

uint32_t wasi_path_unlink_file(uint32_t number, uint32_t address, uint32_t size)
{
    struct fd *folder;
    struct host_path path;
    uint32_t error = take(number, WASI_RIGHT_PATH_UNLINK_FILE, address, size, &folder, &path);
    return error ? error : host_path_remove_file(folder->file, path);
}

uint32_t wasi_path_symlink(uint32_t old_address, uint32_t old_size, uint32_t number, uint32_t address, uint32_t size)
{
    struct fd *folder;
    struct host_path path;
    uint32_t error = take(number, WASI_RIGHT_PATH_SYMLINK, address, size, &folder, &path);
    struct host_path target = {.text = guest_bytes(old_address, old_size), .size = old_size};
    if (!error && !target.text)
        error = WASI_EFAULT;
    if (!error && old_size > 0 && target.text[0] == '/')
        error = WASI_ENOTCAPABLE; /* nothing could follow it here, and whoever could is not to be led anywhere */
    return error ? error : host_path_symlink(folder->file, path, target);
}

uint32_t wasi_path_link(uint32_t old_number, uint32_t lookup, uint32_t old_address, uint32_t old_size, uint32_t number,
                        uint32_t address, uint32_t size)
{
    struct fd *old_folder, *folder;
    struct host_path old_path, path;
    uint32_t error = take(old_number, WASI_RIGHT_PATH_LINK_SOURCE, old_address, old_size, &old_folder, &old_path);
    if (!error)
        error = take(number, WASI_RIGHT_PATH_LINK_TARGET, address, size, &folder, &path);
    return error ? error : host_path_link(old_folder->file, old_path, follows(lookup), folder->file, path);
}

uint32_t wasi_path_rename(uint32_t old_number, uint32_t old_address, uint32_t old_size, uint32_t number,
                          uint32_t address, uint32_t size)
{
    struct fd *old_folder, *folder;
    struct host_path old_path, path;
    uint32_t error = take(old_number, WASI_RIGHT_PATH_RENAME_SOURCE, old_address, old_size, &old_folder, &old_path);
    if (!error)
        error = take(number, WASI_RIGHT_PATH_RENAME_TARGET, address, size, &folder, &path);
    return error ? error : host_path_rename(old_folder->file, old_path, folder->file, path);
}
