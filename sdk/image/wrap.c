#include "image/wrap.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/proc.h"
#include "image/gpt.h"

#define QEMU_IMG_PACKAGE "qemu-utils"

static int convert(const char *from_driver, const char *from, const char *to_driver, const char *options,
                   const char *to, struct err *err)
{
    const char *argv[16] = {"qemu-img", "convert", "-f", from_driver, "-O", to_driver};
    size_t count = 6;
    if (options) {
        argv[count++] = "-o";
        argv[count++] = options;
    }
    argv[count++] = from;
    argv[count++] = to;
    return proc_run(argv, QEMU_IMG_PACKAGE, NULL, err);
}

/* --- the same bytes each time --- */

/* The name of the disk in its partition table, which derives from the kernel, the size and the label. */
static int read_identity(const char *raw, struct wrap_identity *identity, struct err *err)
{
    struct file file;
    if (file_read(&file, raw, err) != 0)
        return -1;
    memcpy(identity->bytes, file.data + GPT_SECTOR_SIZE + GPT_DISK_GUID_OFFSET, sizeof identity->bytes);
    file_close(&file);
    return 0;
}

static int settle(const struct image_format *format, const char *raw, const char *path, struct err *err)
{
    static const struct {
        const char *format;
        int (*settle)(int fd, const char *path, const struct wrap_identity *identity, struct err *err);
    } settlers[] = {{"vmdk", wrap_settle_vmdk}, {"vhd", wrap_settle_vhd}, {"vhdx", wrap_settle_vhdx}};
    struct wrap_identity identity;
    if (read_identity(raw, &identity, err) != 0)
        return -1;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "%s", path);
    int result = 0;
    for (size_t i = 0; i < sizeof settlers / sizeof *settlers; i++)
        if (strcmp(settlers[i].format, format->name) == 0)
            result = settlers[i].settle(fd, path, &identity, err);
    if (close(fd) != 0 && result == 0)
        result = err_set_errno(err, "%s", path);
    return result;
}

int wrap_write(const struct image_format *format, const char *elf, const struct image_options *options,
               const char *path, struct err *err)
{
    struct temp_dir temp;
    struct arena arena = {0};
    if (temp_dir_make(&temp, err) != 0)
        return -1;
    const char *raw = arena_printf(&arena, "%s/disk.raw", temp.path);
    int result = image_write_raw(elf, options, raw, err);
    if (result == 0)
        result = convert("raw", raw, format->qemu_driver, format->qemu_options, path, err);
    if (result == 0)
        result = settle(format, raw, path, err);
    temp_dir_remove(&temp);
    arena_free(&arena);
    return result;
}

int image_unwrap(const struct image_format *format, const char *path, struct file *file, struct err *err)
{
    struct temp_dir temp;
    struct arena arena = {0};
    if (temp_dir_make(&temp, err) != 0)
        return -1;
    const char *raw = arena_printf(&arena, "%s/disk.raw", temp.path);
    int result = convert(format->qemu_driver, path, "raw", NULL, raw, err);
    if (result == 0) {
        file_close(file);
        result = file_read(file, raw, err); /* stays mapped when the folder goes */
    }
    temp_dir_remove(&temp);
    arena_free(&arena);
    return result;
}
