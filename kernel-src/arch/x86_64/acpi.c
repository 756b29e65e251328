/* acpi.c: the way from the root pointer to a table (acpi.h). */
#include "arch/x86_64/acpi.h"

#include <stdbool.h>
#include <stddef.h>

#include "boot.h"
#include "mm/map.h"

/* Section 5.2.5.3. The fields from `length` on came with revision 2. */
struct rsdp {
    uint64_t signature;
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t extended_checksum;
    uint8_t reserved[3];
} __attribute__((packed));

_Static_assert(sizeof(struct rsdp) == 36, "ACPI 6.4, table 5.3");

#define RSDP_SIZE_1    20
#define TABLE_SIZE_MAX (1u << 20)

static bool sums_to_zero(const void *bytes, size_t size)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += ((const uint8_t *)bytes)[i];
    return sum == 0;
}

#define RSDP_SIGNATURE 0x2052545020445352ull /* "RSD PTR " */

static bool rsdp_is_valid(const struct rsdp *rsdp)
{
    return rsdp->signature == RSDP_SIGNATURE && sums_to_zero(rsdp, RSDP_SIZE_1);
}

/* The BIOS area has it at a multiple of 16 bytes (section 5.2.5.1). */
static const struct rsdp *rsdp_scan(void)
{
    enum { BIOS_START = 0xe0000, BIOS_SIZE = 0x20000, STEP = 16 };
    const uint8_t *bios = map_firmware(BIOS_START, BIOS_SIZE);
    for (size_t at = 0; bios != NULL && at < BIOS_SIZE; at += STEP) {
        if (rsdp_is_valid((const struct rsdp *)(bios + at)))
            return (const struct rsdp *)(bios + at);
    }
    return NULL;
}

/* The loader's, or where it gave none the BIOS's; looked for once. */
static const struct rsdp *rsdp_find(void)
{
    static const struct rsdp *found;
    static bool looked;
    if (!looked)
        found = boot_info.rsdp != NULL && rsdp_is_valid(boot_info.rsdp) ? boot_info.rsdp : rsdp_scan();
    looked = true;
    return found;
}

const struct acpi_header *acpi_map_table(uint64_t phys)
{
    const struct acpi_header *header = phys != 0 ? map_firmware(phys, sizeof *header) : NULL;
    if (header == NULL || header->length < sizeof *header || header->length > TABLE_SIZE_MAX)
        return NULL;
    const struct acpi_header *table = map_firmware(phys, header->length);
    return table != NULL && sums_to_zero(table, table->length) ? table : NULL;
}

const struct acpi_header *acpi_find_table(const char *signature)
{
    const struct rsdp *rsdp = rsdp_find();
    if (rsdp == NULL)
        return NULL;
    bool wide = rsdp->revision >= 2 && rsdp->xsdt != 0;
    const struct acpi_header *root = acpi_map_table(wide ? rsdp->xsdt : rsdp->rsdt);
    size_t step = wide ? sizeof(uint64_t) : sizeof(uint32_t);
    for (size_t at = sizeof *root; root != NULL && at + step <= root->length; at += step) {
        uint64_t phys = 0;
        __builtin_memcpy(&phys, (const uint8_t *)root + at, step);
        const struct acpi_header *header = map_firmware(phys, sizeof *header);
        if (header != NULL && __builtin_memcmp(header->signature, signature, sizeof header->signature) == 0)
            return acpi_map_table(phys);
    }
    return NULL;
}
