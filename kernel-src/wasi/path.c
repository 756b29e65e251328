/* path.c: the functions on paths, each relative to a folder's descriptor.
 *
 * No descriptor is a folder, and the standard streams have none of the rights that these functions need. */
#include "wasi/fd.h"
#include "wasi/preview1.h"

/* None of them comes as far as its other parameters. */
#pragma clang diagnostic ignored "-Wunused-parameter"

/* For a function with two folders. */
static uint32_t refuse_pair(uint32_t old_fd, uint64_t old_rights, uint32_t new_fd, uint64_t new_rights)
{
    struct fd *fd;
    uint32_t error = fd_find(old_fd, old_rights, &fd);
    return error ? error : fd_refuse(new_fd, new_rights, WASI_ENOTDIR);
}

uint32_t wasi_path_create_directory(uint32_t fd, uint32_t path, uint32_t size)
{
    return fd_refuse(fd, WASI_RIGHT_PATH_CREATE_DIRECTORY, WASI_ENOTDIR);
}

uint32_t wasi_path_filestat_get(uint32_t fd, uint32_t lookup, uint32_t path, uint32_t size, uint32_t stat)
{
    return fd_refuse(fd, WASI_RIGHT_PATH_FILESTAT_GET, WASI_ENOTDIR);
}

uint32_t wasi_path_filestat_set_times(uint32_t fd, uint32_t lookup, uint32_t path, uint32_t size, uint64_t access,
                                      uint64_t modify, uint32_t flags)
{
    return fd_refuse(fd, WASI_RIGHT_PATH_FILESTAT_SET_TIMES, WASI_ENOTDIR);
}

uint32_t wasi_path_open(uint32_t fd, uint32_t lookup, uint32_t path, uint32_t size, uint32_t open_flags, uint64_t base,
                        uint64_t inheriting, uint32_t flags, uint32_t opened)
{
    return fd_refuse(fd, WASI_RIGHT_PATH_OPEN, WASI_ENOTDIR);
}

uint32_t wasi_path_readlink(uint32_t fd, uint32_t path, uint32_t size, uint32_t buffer, uint32_t buffer_size,
                            uint32_t used)
{
    return fd_refuse(fd, WASI_RIGHT_PATH_READLINK, WASI_ENOTDIR);
}

uint32_t wasi_path_remove_directory(uint32_t fd, uint32_t path, uint32_t size)
{
    return fd_refuse(fd, WASI_RIGHT_PATH_REMOVE_DIRECTORY, WASI_ENOTDIR);
}

uint32_t wasi_path_symlink(uint32_t old_path, uint32_t old_size, uint32_t fd, uint32_t new_path, uint32_t new_size)
{
    return fd_refuse(fd, WASI_RIGHT_PATH_SYMLINK, WASI_ENOTDIR);
}

uint32_t wasi_path_unlink_file(uint32_t fd, uint32_t path, uint32_t size)
{
    return fd_refuse(fd, WASI_RIGHT_PATH_UNLINK_FILE, WASI_ENOTDIR);
}

uint32_t wasi_path_link(uint32_t old_fd, uint32_t lookup, uint32_t old_path, uint32_t old_size, uint32_t new_fd,
                        uint32_t new_path, uint32_t new_size)
{
    return refuse_pair(old_fd, WASI_RIGHT_PATH_LINK_SOURCE, new_fd, WASI_RIGHT_PATH_LINK_TARGET);
}

uint32_t wasi_path_rename(uint32_t old_fd, uint32_t old_path, uint32_t old_size, uint32_t new_fd, uint32_t new_path,
                          uint32_t new_size)
{
    return refuse_pair(old_fd, WASI_RIGHT_PATH_RENAME_SOURCE, new_fd, WASI_RIGHT_PATH_RENAME_TARGET);
}
