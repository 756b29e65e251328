/* exit.c: see exit.h. */
#include "dev/exit.h"

#include <mewz/channels.h>
#include <stdbool.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "dev/fadt.h"
#include "mm/map.h"
#include "profile/profile.h"

#pragma weak profile_end

/* ACPI 6.4, section 4.8.3.2.1, PM1 control; and 4.8.3.7, sleep control. */
enum { PM1_TYPE_SHIFT = 10, PM1_ENABLE = 1 << 13 };
enum { SLEEP_TYPE_SHIFT = 2, SLEEP_ENABLE = 1 << 5 };

enum { RESET_CONTROL = 0xcf9, RESET_HARD = 0x06 };             /* PIIX and ICH: reset control register */
enum { KEYBOARD_COMMAND = 0x64, KEYBOARD_PULSE_RESET = 0xfe }; /* 8042 */

static void report_code(int code)
{
    if (in8(MEWZ_EXIT_IOPORT) != MEWZ_EXIT_READBACK)
        return;
    out8(MEWZ_EXIT_IOPORT, (uint8_t)code);
    if (profile_end)
        profile_end();
    out8(MEWZ_QUIT_IOPORT, 0);
}

/* The value for sleep state S5 (ACPI 6.4, section 7.4.2): the first element of the package \_S5_ in the DSDT, which
 * is a program of which nothing else matters here: `_S5_` PackageOp PkgLength NumElements, and a small integer. */
static bool find_sleep_type(uint8_t *type)
{
    enum { PACKAGE_OP = 0x12, BYTE_PREFIX = 0x0a };
    const struct acpi_header *dsdt = fadt_find_dsdt();
    const uint8_t *bytes = (const uint8_t *)dsdt;
    for (uint32_t i = sizeof *dsdt; dsdt && i + 9 < dsdt->length; i++) {
        const uint8_t *p = bytes + i;
        if (p[0] != '_' || p[1] != 'S' || p[2] != '5' || p[3] != '_' || p[4] != PACKAGE_OP)
            continue;
        p += 5 + 1 + (p[5] >> 6) + 1; /* PkgLength says in its top bits how many bytes follow (20.2.4) */
        if (p + 1 >= bytes + dsdt->length)
            return false;
        *type = p[0] == BYTE_PREFIX ? p[1] : p[0];
        return true;
    }
    return false;
}

static void write_register(const struct acpi_address *target, uint8_t value)
{
    if (target->space == ACPI_SPACE_IO)
        out8((uint16_t)target->address, value);
    else if (target->space == ACPI_SPACE_MEMORY && target->address != 0)
        *(volatile uint8_t *)map_device(target->address, 1) = value;
}

static void power_off(const struct acpi_fadt *fadt)
{
    uint8_t type;
    if (!find_sleep_type(&type))
        return;
    if (fadt->flags & ACPI_FADT_HARDWARE_REDUCED) {
        write_register(&fadt->sleep_control, (uint8_t)(type << SLEEP_TYPE_SHIFT | SLEEP_ENABLE));
        return;
    }
    uint16_t value = (uint16_t)(type << PM1_TYPE_SHIFT | PM1_ENABLE);
    if (fadt->pm1a_cnt_blk)
        out16((uint16_t)fadt->pm1a_cnt_blk, value);
    if (fadt->pm1b_cnt_blk)
        out16((uint16_t)fadt->pm1b_cnt_blk, value);
}

static void reset(const struct acpi_fadt *fadt)
{
    if (fadt->flags & ACPI_FADT_RESET_REGISTER)
        write_register(&fadt->reset_register, fadt->reset_value);
    out8(RESET_CONTROL, RESET_HARD);
    out8(KEYBOARD_COMMAND, KEYBOARD_PULSE_RESET);
}

/* An exception that finds no interrupt table resets the processor. */
static void triple_fault(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) empty = {0, 0};
    __asm__ volatile("lidt %0; ud2" : : "m"(empty));
}

_Noreturn void machine_exit(int code)
{
    static unsigned stage; /* a fault in one stage comes back here, and the next one follows */
    interrupts_disable();
    if (stage == 0) {
        stage = 1;
        report_code(code);
    }
    if (stage == 1) {
        struct acpi_fadt fadt;
        stage = 2;
        fadt_read(&fadt);
        power_off(&fadt);
        reset(&fadt);
    }
    if (stage == 2) {
        stage = 3;
        triple_fault();
    }
    cpu_halt();
}
