#include "cc/package.h"

#include <string.h>

#include "base/file.h"
#include "cc/container.h"
#include "cc/sbom.h"

const char *const package_formats[] = {"raw", "qcow2", "iso", "vmdk", "vhd", "vhdx", "elf", "oci", NULL};

const char *package_format_of_ending(const char *file_name)
{
    const struct image_format *format = image_format_of_ending(file_name);
    if (format)
        return format->name;
    const char *dot = strrchr(file_name, '.');
    if (dot && strcmp(dot, ".elf") == 0)
        return "elf";
    return dot && (strcmp(dot, ".oci") == 0 || strcmp(dot, ".tar") == 0) ? "oci" : NULL;
}

int package_describe(const struct package *package, const char *elf, struct err *err)
{
    return package->sbom ? sbom_write(elf, package->name, package->sbom, err) : 0;
}

int package_kernel(const struct package *package, const char *elf, const char *path, struct err *err)
{
    const struct image_format *format = image_format_find(package->format);
    if (package_describe(package, elf, err) != 0)
        return -1;
    if (format)
        return image_write(format, elf, &package->image, path, err);
    if (strcmp(package->format, "oci") == 0)
        return container_write_kernel(package->reference, elf, path, err);
    return file_copy(elf, path, err);
}
