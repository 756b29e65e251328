/* acpi.h: finding ACPI tables (ACPI specification 6.4, section 5.2). */
#ifndef X86_64_ACPI_H
#define X86_64_ACPI_H

#include <stdint.h>

struct acpi_header {
    char signature[4];
    uint32_t length; /* of the whole table, this header included */
    uint8_t revision;
    uint8_t checksum;
    char oem_id[6];
    char oem_table_id[8];
    uint32_t oem_revision;
    uint32_t creator_id;
    uint32_t creator_revision;
} __attribute__((packed));

_Static_assert(sizeof(struct acpi_header) == 36, "ACPI 6.4, table 5.4");

/* The first table with that signature ("APIC", "FACP"), mapped read-only in its whole length and with a correct
 * checksum; NULL where there is none. */
const struct acpi_header *acpi_find_table(const char *signature);

/* The table at a physical address that another table names (the FADT's DSDT), checked in the same way. */
const struct acpi_header *acpi_map_table(uint64_t phys);

#endif
