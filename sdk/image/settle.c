/* What qemu-img makes anew each time, replaced by what derives from the content: wrap.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "image/wrap.h"

static int load(int fd, const char *path, uint64_t position, void *bytes, size_t size, struct err *err)
{
    ssize_t got = pread(fd, bytes, size, (off_t)position);
    if (got < 0)
        return err_set_errno(err, "%s", path);
    return (size_t)got == size ? 0 : err_set(err, "%s: qemu-img wrote less than the format has", path);
}

static int store(int fd, const char *path, uint64_t position, const void *bytes, size_t size, struct err *err)
{
    ssize_t put = pwrite(fd, bytes, size, (off_t)position);
    if (put >= 0 && (size_t)put != size)
        errno = ENOSPC;
    return put >= 0 && (size_t)put == size ? 0 : err_set_errno(err, "%s", path);
}

/* --- VMDK: the descriptor has a random content identifier, and the name of the file, here a temporary one (Virtual
 * Disk Format 5.0, "The Descriptor File" and "Hosted Sparse Extent Header") --- */

#define VMDK_SECTOR         512u
#define VMDK_DESCRIPTOR     28u /* where the header says the descriptor's first sector, and then its length */
#define VMDK_DESCRIPTOR_MAX (64 * VMDK_SECTOR)

/* The descriptor's lines, two of them replaced. */
static void rewrite_descriptor(char *text, const struct wrap_identity *identity, struct buf *out)
{
    uint32_t id;
    memcpy(&id, identity->bytes, sizeof id);
    for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
        char *quote = strchr(line, '"');
        if (strncmp(line, "CID=", 4) == 0)
            buf_printf(out, "CID=%08x", id);
        else if (strncmp(line, "RW ", 3) == 0 && quote)
            buf_printf(out, "%.*s\"disk.vmdk\"", (int)(quote - line), line);
        else
            buf_printf(out, "%s", line);
        if (rest)
            buf_byte(out, '\n');
    }
}

int wrap_settle_vmdk(int fd, const char *path, const struct wrap_identity *identity, struct err *err)
{
    char text[VMDK_DESCRIPTOR_MAX + 1] = {0};
    uint64_t place[2]; /* sectors: first, count */
    if (load(fd, path, VMDK_DESCRIPTOR, place, sizeof place, err) != 0)
        return -1;
    uint64_t size = place[1] * VMDK_SECTOR;
    if (place[1] == 0 || size > VMDK_DESCRIPTOR_MAX)
        return err_set(err, "%s: qemu-img wrote no VMDK descriptor", path);
    if (load(fd, path, place[0] * VMDK_SECTOR, text, size, err) != 0)
        return -1;
    struct buf out = {0};
    rewrite_descriptor(text, identity, &out);
    int result;
    if (out.size > size) {
        result = err_set(err, "%s: the VMDK descriptor is too long", path);
    } else {
        buf_extend(&out, size - out.size);
        result = store(fd, path, place[0] * VMDK_SECTOR, out.data, size, err);
    }
    buf_free(&out);
    return result;
}

/* --- VHD: the footer has the time of creation and a random identifier (Virtual Hard Disk Image Format Specification,
 * "Hard Disk Footer Format"); its numbers are big-endian --- */

#define VHD_FOOTER   512u
#define VHD_TIME     24u
#define VHD_CHECKSUM 64u
#define VHD_IDENTITY 68u

static void put_u32_big(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

int wrap_settle_vhd(int fd, const char *path, const struct wrap_identity *identity, struct err *err)
{
    uint8_t footer[VHD_FOOTER];
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < (off_t)sizeof footer)
        return err_set(err, "%s: qemu-img wrote no VHD footer", path);
    uint64_t position = (uint64_t)end - sizeof footer;
    if (load(fd, path, position, footer, sizeof footer, err) != 0)
        return -1;
    put_u32_big(footer + VHD_TIME, 0); /* 2000-01-01 */
    memcpy(footer + VHD_IDENTITY, identity->bytes, sizeof identity->bytes);
    put_u32_big(footer + VHD_CHECKSUM, 0);
    uint32_t sum = 0;
    for (size_t i = 0; i < sizeof footer; i++)
        sum += footer[i];
    put_u32_big(footer + VHD_CHECKSUM, ~sum);
    return store(fd, path, position, footer, sizeof footer, err);
}

/* --- VHDX: two headers with two random identifiers each, whose sequence numbers start at random as well; one
 * identifier in the metadata; and in the log what is replayed already (MS-VHDX, 2.2, 2.3 and 2.6) --- */

#define VHDX_HEADER_SIZE  4096u
#define VHDX_REGION_TABLE 0x30000u
#define VHDX_ENTRY        32u
#define VHDX_LOG_MAX      (16u << 20)
#define VHDX_ENTRIES_MAX  2047u

static const uint64_t vhdx_headers[] = {0x10000, 0x20000};

struct vhdx_header {
    char signature[4];
    uint32_t checksum; /* over the 4 KiB, with 0 here */
    uint64_t sequence;
    uint8_t file_write[16], data_write[16], log[16];
    uint16_t log_version, version;
    uint32_t log_size;
    uint64_t log_offset;
    uint8_t rest[VHDX_HEADER_SIZE - 80];
};
_Static_assert(sizeof(struct vhdx_header) == VHDX_HEADER_SIZE, "the header is a wire format");

static const uint8_t vhdx_metadata_region[16] = {0x06, 0xa2, 0x7c, 0x8b, 0x90, 0x47, 0x9a, 0x4b,
                                                 0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e};
static const uint8_t vhdx_page_83_item[16] = {0xab, 0x12, 0xca, 0xbe, 0xe6, 0xb2, 0x23, 0x45,
                                              0x93, 0xef, 0xc3, 0x09, 0xe0, 0x00, 0xc7, 0x46};

/* CRC-32C (RFC 3720, 12.1), bit by bit: it runs over a few KiB. */
static uint32_t crc32c(const void *bytes, size_t size)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= ((const uint8_t *)bytes)[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
    }
    return ~crc;
}

/* Each header and each kind gets a name of its own. */
static void derive(uint8_t guid[16], const struct wrap_identity *identity, uint8_t index)
{
    memcpy(guid, identity->bytes, sizeof identity->bytes);
    guid[15] ^= index;
}

/* The log is empty where its identifier is zero: then nobody reads what is in it. */
static int clear_vhdx_log(int fd, const char *path, const struct vhdx_header *header, struct err *err)
{
    static const uint8_t none[16];
    if (memcmp(header->log, none, sizeof none) != 0 || header->log_size > VHDX_LOG_MAX)
        return err_set(err, "%s: qemu-img left a VHDX log", path);
    struct buf zeros = {0};
    buf_extend(&zeros, header->log_size);
    int result = store(fd, path, header->log_offset, zeros.data, zeros.size, err);
    buf_free(&zeros);
    return result;
}

static int settle_vhdx_header(int fd, const char *path, uint64_t position, uint8_t index,
                              const struct wrap_identity *identity, struct err *err)
{
    struct vhdx_header header;
    if (load(fd, path, position, &header, sizeof header, err) != 0)
        return -1;
    if (memcmp(header.signature, "head", 4) != 0)
        return err_set(err, "%s: qemu-img wrote no VHDX header", path);
    derive(header.file_write, identity, (uint8_t)(2 * index + 1));
    derive(header.data_write, identity, (uint8_t)(2 * index + 2));
    header.sequence = index + 1u;
    header.checksum = 0;
    header.checksum = crc32c(&header, sizeof header);
    if (clear_vhdx_log(fd, path, &header, err) != 0)
        return -1;
    return store(fd, path, position, &header, sizeof header, err);
}

/* Tables of regions and of metadata both have a header with a count, and then entries that begin with a GUID; what
 * they say of it is at byte 16. Returns that, or 0. */
static int find_vhdx_entry(int fd, const char *path, uint64_t table, unsigned count_offset, unsigned first,
                           const uint8_t guid[16], uint64_t *value, struct err *err)
{
    uint16_t count;
    uint8_t entry[VHDX_ENTRY];
    if (load(fd, path, table + count_offset, &count, sizeof count, err) != 0)
        return -1;
    for (unsigned i = 0; i < count && i < VHDX_ENTRIES_MAX; i++) {
        if (load(fd, path, table + first + (uint64_t)i * VHDX_ENTRY, entry, sizeof entry, err) != 0)
            return -1;
        if (memcmp(entry, guid, 16) == 0) {
            memcpy(value, entry + 16, sizeof *value);
            return 0;
        }
    }
    return err_set(err, "%s: qemu-img wrote no VHDX metadata", path);
}

int wrap_settle_vhdx(int fd, const char *path, const struct wrap_identity *identity, struct err *err)
{
    uint64_t region, item;
    uint8_t guid[16];
    for (uint8_t i = 0; i < 2; i++)
        if (settle_vhdx_header(fd, path, vhdx_headers[i], i, identity, err) != 0)
            return -1;
    if (find_vhdx_entry(fd, path, VHDX_REGION_TABLE, 8, 16, vhdx_metadata_region, &region, err) != 0 ||
        find_vhdx_entry(fd, path, region, 10, 32, vhdx_page_83_item, &item, err) != 0)
        return -1;
    derive(guid, identity, 0);
    return store(fd, path, region + (uint32_t)item, guid, sizeof guid, err); /* behind its offset is its length */
}
