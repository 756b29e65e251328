/* preopens.c: see preopens.h; and what a program asks of what it was given. */
#include "wasi/preopens.h"

#include "rt/message.h"
#include "wasi/file_kind.h"
#include "wasi/guest.h"
#include "wasi/preview1.h"

#define EXIT_NO_FOLDER 70 /* as a panic of the unikernel */

static uint32_t open_folder(uint32_t index)
{
    struct host_file *folder;
    struct fd *fd;
    const char *name = NULL;
    const uint64_t folder_rights = RIGHTS_FOLDER, file_rights = RIGHTS_FILE;
    uint32_t number;
    uint32_t error = host_file_preopen(index, &folder, &name);
    if (error)
        return error;
    error = fd_open(&number, &fd);
    if (!error)
        error = file_fill(fd, folder, folder_rights, folder_rights | file_rights, 0);
    if (error)
        return error == WASI_ENOENT ? WASI_EIO : error;
    fd->preopen = name;
    fd->is_given = true;
    return WASI_SUCCESS;
}

void preopens_open(void)
{
    uint32_t index = 0, error;
    do {
        error = open_folder(index++);
    } while (!error);
    if (error == WASI_ENOENT)
        return;
    message_write("%s: cannot open the folder number %u that the program is given: error %u of WASI\n",
                  mewz_program.name, index, error);
    host_exit(EXIT_NO_FOLDER);
}

static size_t length(const char *text)
{
    size_t size = 0;
    while (text[size])
        size++;
    return size;
}

/* A C library asks for one number after the other until it is told that there is nothing. So a socket that stands among
 * the folders has to be something. */
uint32_t wasi_fd_prestat_get(uint32_t number, uint32_t address)
{
    struct fd *fd;
    uint32_t error = fd_find(number, 0, &fd);
    if (error)
        return error;
    if (!fd->is_given)
        return WASI_EBADF;
    struct wasi_prestat prestat = {.type = WASI_PREOPEN_SOCKET};
    if (fd->preopen)
        prestat = (struct wasi_prestat){.type = WASI_PREOPEN_DIR, .name_size = (uint32_t)length(fd->preopen)};
    return guest_write(address, &prestat, sizeof prestat) ? WASI_SUCCESS : WASI_EFAULT;
}

uint32_t wasi_fd_prestat_dir_name(uint32_t number, uint32_t address, uint32_t size)
{
    struct fd *fd;
    uint32_t error = fd_find(number, 0, &fd);
    if (error)
        return error;
    if (!fd->preopen)
        return fd->is_given ? WASI_ENOTDIR : WASI_EBADF;
    if (length(fd->preopen) > size)
        return WASI_ENAMETOOLONG;
    return guest_write(address, fd->preopen, length(fd->preopen)) ? WASI_SUCCESS : WASI_EFAULT;
}
