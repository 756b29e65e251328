#include "cc/package.h"

#include <string.h>

#include "base/file.h"

const char *const package_formats[] = {"raw", "qcow2", "iso", "vmdk", "vhd", "vhdx", "elf", NULL};

const char *package_format_of_ending(const char *file_name)
{
    const struct image_format *format = image_format_of_ending(file_name);
    if (format)
        return format->name;
    size_t length = strlen(file_name);
    return length >= 4 && strcmp(file_name + length - 4, ".elf") == 0 ? "elf" : NULL;
}

int package_kernel(const struct package *package, const char *elf, const char *path, struct err *err)
{
    const struct image_format *format = image_format_find(package->format);
    if (format)
        return image_write(format, elf, &package->image, path, err);
    return file_copy(elf, path, err);
}
