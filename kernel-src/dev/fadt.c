/* fadt.c: see fadt.h. */
#include "dev/fadt.h"

#include <stddef.h>

bool fadt_read(struct acpi_fadt *fadt)
{
    const struct acpi_header *table = acpi_find_table("FACP");
    *fadt = (struct acpi_fadt){0};
    if (!table)
        return false;
    const char *from = (const char *)table;
    char *to = (char *)fadt;
    for (uint32_t i = 0; i < table->length && i < sizeof *fadt; i++)
        to[i] = from[i];
    return true;
}

const struct acpi_header *fadt_find_dsdt(void)
{
    struct acpi_fadt fadt;
    if (!fadt_read(&fadt))
        return NULL;
    uint64_t address = fadt.x_dsdt ? fadt.x_dsdt : fadt.dsdt;
    return address ? acpi_map_table(address) : NULL;
}
