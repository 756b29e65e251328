#include "link/archive.h"

#include <ar.h>
#include <stdlib.h>
#include <string.h>

/* The first member, named "/", is the index: a big-endian count, as many offsets of 32 bits, then the names. */

static uint32_t read_big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool find_names(struct archive *archive)
{
    const uint8_t *bytes = archive->file.data;
    size_t size = archive->file.size;
    struct ar_hdr header;
    if (size < SARMAG + sizeof header + 4 || memcmp(bytes, ARMAG, SARMAG) != 0)
        return false;
    memcpy(&header, bytes + SARMAG, sizeof header);
    if (memcmp(header.ar_name, "/ ", 2) != 0)
        return false;
    char digits[sizeof header.ar_size + 1] = {0};
    memcpy(digits, header.ar_size, sizeof header.ar_size);
    const uint8_t *index = bytes + SARMAG + sizeof header;
    uint64_t index_size = strtoull(digits, NULL, 10);
    uint64_t names_at = 4 + 4 * (uint64_t)read_big_endian(index);
    if (index_size > size - SARMAG - sizeof header || names_at > index_size)
        return false;
    archive->names = (const char *)index + names_at;
    archive->names_end = (const char *)index + index_size;
    return true;
}

int archive_open(struct archive *archive, const char *path, struct err *err)
{
    if (file_read(&archive->file, path, err) != 0)
        return -1;
    if (find_names(archive))
        return 0;
    archive_close(archive);
    return err_set(err, "%s: not a static library with a symbol index", path);
}

void archive_close(struct archive *archive)
{
    file_close(&archive->file);
}

bool archive_defines(const struct archive *archive, const char *symbol)
{
    size_t size = strlen(symbol) + 1;
    for (const char *at = archive->names; at < archive->names_end;) {
        const char *zero = memchr(at, 0, (size_t)(archive->names_end - at));
        if (!zero)
            return false;
        if ((size_t)(zero + 1 - at) == size && memcmp(at, symbol, size) == 0)
            return true;
        at = zero + 1;
    }
    return false;
}
