/* fadt.h: ACPI's fixed hardware description and what hangs on it (ACPI 6.4, section 5.2.9). */
#ifndef DEV_FADT_H
#define DEV_FADT_H

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/acpi.h"

/* Section 5.2.3.2. */
struct acpi_address {
    uint8_t space; /* ACPI_SPACE_* */
    uint8_t bit_width;
    uint8_t bit_offset;
    uint8_t access_size;
    uint64_t address;
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_address) == 12, "ACPI 6.4, table 5.1");

enum { ACPI_SPACE_MEMORY = 0, ACPI_SPACE_IO = 1 };

/* Table 5.9, as far as it is used here. */
struct acpi_fadt {
    struct acpi_header header;
    uint32_t firmware_ctrl;
    uint32_t dsdt;
    uint8_t unused_1[12];
    uint32_t pm1a_evt_blk;
    uint32_t pm1b_evt_blk;
    uint32_t pm1a_cnt_blk;
    uint32_t pm1b_cnt_blk;
    uint8_t unused_2[40];
    uint32_t flags; /* ACPI_FADT_* */
    struct acpi_address reset_register;
    uint8_t reset_value;
    uint8_t unused_3[3];
    uint64_t x_firmware_ctrl;
    uint64_t x_dsdt;
    uint8_t unused_4[24];
    struct acpi_address x_pm1a_cnt_blk;
    struct acpi_address x_pm1b_cnt_blk;
    uint8_t unused_5[48];
    struct acpi_address sleep_control;
    struct acpi_address sleep_status;
} __attribute__((packed));
_Static_assert(__builtin_offsetof(struct acpi_fadt, flags) == 112, "ACPI 6.4, table 5.9");
_Static_assert(__builtin_offsetof(struct acpi_fadt, x_dsdt) == 140, "ACPI 6.4, table 5.9");
_Static_assert(__builtin_offsetof(struct acpi_fadt, x_pm1a_cnt_blk) == 172, "ACPI 6.4, table 5.9");
_Static_assert(sizeof(struct acpi_fadt) == 268, "ACPI 6.4, table 5.9");

#define ACPI_FADT_RESET_REGISTER   (1u << 10)
#define ACPI_FADT_HARDWARE_REDUCED (1u << 20)

/* A copy of the FADT, with zeroes for what its revision has not. False if there is none. */
bool fadt_read(struct acpi_fadt *fadt);

/* The DSDT, or NULL. */
const struct acpi_header *fadt_find_dsdt(void);

#endif
