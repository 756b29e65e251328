/* The formats, by name, ending and content. */
#include <ctype.h>
#include <string.h>

#include "image/image.h"
#include "image/wrap.h"

static const struct image_format formats[] = {
    {"raw", {".img", ".raw"}, "raw", NULL, image_write_raw, false},
    {"iso", {".iso"}, "raw", NULL, image_write_iso, false},
    {"qcow2", {".qcow2"}, "qcow2", NULL, NULL, true},
    {"vmdk", {".vmdk"}, "vmdk", "subformat=streamOptimized", NULL, true},
    {"vhd", {".vhd"}, "vpc", "subformat=fixed,force_size=on", NULL, true},
    {"vhdx", {".vhdx"}, "vhdx", "subformat=dynamic", NULL, true},
};
#define FORMAT_COUNT (sizeof formats / sizeof *formats)

const struct image_format *image_format_find(const char *name)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), ending_length = strlen(ending);
    return length >= ending_length && strcmp(text + length - ending_length, ending) == 0;
}

const struct image_format *image_format_of_ending(const char *file_name)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        for (size_t j = 0; j < 2; j++)
            if (formats[i].endings[j] && ends_with(file_name, formats[i].endings[j]))
                return &formats[i];
    return NULL;
}

const struct image_format *image_format_of_bytes(const uint8_t *bytes, size_t size)
{
    static const struct {
        const char *format, *magic;
        size_t size;
    } magics[] = {
        {"qcow2", "QFI\xfb", 4}, /* QEMU, docs/interop/qcow2.txt */
        {"vmdk", "KDMV", 4},     /* Virtual Disk Format 5.0, "hosted sparse extent" */
        {"vhdx", "vhdxfile", 8}, /* MS-VHDX, 2.2.1 */
    };
    static const char vhd_footer[] = "conectix"; /* Virtual Hard Disk Image Format, "hard disk footer" */
    unsigned long ignored_offset, ignored_size;
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (size >= magics[i].size && memcmp(bytes, magics[i].magic, magics[i].size) == 0)
            return image_format_find(magics[i].format);
    if (size >= 512 && memcmp(bytes + size - 512, vhd_footer, sizeof vhd_footer - 1) == 0)
        return image_format_find("vhd");
    if (image_find_kernel(bytes, size, &ignored_offset, &ignored_size) == 0)
        return image_format_find("raw");
    return NULL;
}

bool image_is_label(const char *text)
{
    size_t length = strlen(text);
    for (const char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            return false;
    return length > 0 && length <= IMAGE_LABEL_MAX;
}

int image_write(const struct image_format *format, const char *elf, const struct image_options *options,
                const char *path, struct err *err)
{
    return format->write ? format->write(elf, options, path, err) : wrap_write(format, elf, options, path, err);
}
