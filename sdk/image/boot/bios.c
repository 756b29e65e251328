/* bios.c: the BIOS stub. Loads the kernel as the plan says, asks the BIOS for the memory map, and enters the kernel as
 * a PVH loader does. Runs in 32-bit protected mode, at BOOT_STUB_ADDRESS, after mbr.S and bios_start.S. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mewz/channels.h"
#include "pvh.h"
#include <mewz/boot_plan.h>

struct bios_registers {
    uint32_t eax, ebx, ecx, edx, esi, edi, flags;
};

#define FLAG_CARRY 1u

/* bios_start.S. What the registers point at must lie in the first 64 KiB. */
void bios_interrupt(unsigned vector, struct bios_registers *registers);
_Noreturn void bios_enter_kernel(uint32_t entry, const struct pvh_start_info *start_info);
extern uint8_t bios_drive, bios_sector_shift;
extern char bss_start[], bss_end[];

_Noreturn void bios_main(void);

/* The BIOS reads into here, since it reaches only the first MiB: 127 sectors of a disk, which every BIOS can do in one
 * go and which do not cross a 64 KiB boundary. */
#define BUFFER_ADDRESS 0x10000u
#define BUFFER_SIZE    (127u * 512)

#define MEMORY_MAX 128

static struct pvh_memory memory[MEMORY_MAX];
static struct pvh_start_info start_info;

/* --- words and bytes --- */

static void copy(void *to, const void *from, uint32_t size)
{
    uint32_t words = size / 4, rest = size % 4;
    __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
}

static void zero(void *to, uint32_t size)
{
    uint32_t words = size / 4, rest = size % 4;
    __asm__ volatile("rep stosl" : "+D"(to), "+c"(words) : "a"(0) : "memory");
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(rest) : "a"(0) : "memory");
}

/* --- messages: on the screen, and on the first serial port, which is all that many machines show --- */

static uint8_t port_read(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void port_write(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void serial_put(char c)
{
    for (unsigned patience = 100000; patience && !(port_read(0x3fd) & 0x20); patience--)
        ; /* until the transmitter is free (16550, line status, bit 5) */
    port_write(0x3f8, (uint8_t)c);
}

static void print(const char *text)
{
    for (; *text; text++) {
        struct bios_registers registers = {.eax = 0x0e00 | (uint8_t)*text, .ebx = 7};
        bios_interrupt(0x10, &registers);
        serial_put(*text);
    }
}

/* Says it as the kernel would say a panic of its own. `mewz-cc run` then ends, with the message; elsewhere the machine
 * stops, since a restart would only fail again. */
static _Noreturn void fail(const char *reason)
{
    print("panic: boot: ");
    print(reason);
    print("\r\n");
    if (port_read(MEWZ_EXIT_IOPORT) == MEWZ_EXIT_READBACK) {
        port_write(MEWZ_EXIT_IOPORT, MEWZ_EXIT_PANIC);
        port_write(MEWZ_QUIT_IOPORT, 0);
    }
    for (;;)
        __asm__ volatile("cli; hlt");
}

/* --- memory --- */

static bool a20_is_on(void)
{
    volatile uint32_t *low = (volatile uint32_t *)BUFFER_ADDRESS;
    volatile uint32_t *high = (volatile uint32_t *)(BUFFER_ADDRESS + 0x100000);
    *low = 0x12345678;
    *high = 0x87654321;
    return *low == 0x12345678;
}

/* INT 15h, E820 (ACPI 6.5, 15.1). An entry of 24 bytes is to be ignored if bit 0 of its last word is 0. */
static void read_memory_map(void)
{
    struct bios_registers registers = {0};
    do {
        struct pvh_memory *entry = &memory[start_info.memory_count];
        entry->reserved = 1;
        registers.eax = 0xe820;
        registers.ecx = sizeof *entry;
        registers.edx = 0x534d4150; /* "SMAP" */
        registers.edi = (uint32_t)entry;
        bios_interrupt(0x15, &registers);
        if ((registers.flags & FLAG_CARRY) || registers.eax != 0x534d4150)
            break;
        if ((entry->reserved & 1) && entry->size)
            start_info.memory_count++;
        entry->reserved = 0;
    } while (registers.ebx && start_info.memory_count < MEMORY_MAX);
}

static bool is_ram(uint32_t address, uint32_t size)
{
    for (uint32_t i = 0; i < start_info.memory_count; i++)
        if (memory[i].type == PVH_MEMORY_RAM && memory[i].address <= address &&
            (uint64_t)address + size <= memory[i].address + memory[i].size)
            return true;
    return false;
}

/* --- the disk --- */

static bool read_once(uint64_t sector, uint32_t count)
{
    struct {
        uint8_t size, reserved;
        uint16_t count, offset, segment;
        uint64_t sector;
    } packet = {16, 0, (uint16_t)count, 0, BUFFER_ADDRESS >> 4, sector};
    struct bios_registers registers = {.eax = 0x4200, .edx = bios_drive, .esi = (uint32_t)&packet};
    bios_interrupt(0x13, &registers);
    return !(registers.flags & FLAG_CARRY);
}

static void read_sectors(uint64_t sector, uint32_t count)
{
    for (int attempts = 0; attempts < 3; attempts++) {
        if (read_once(sector, count))
            return;
        struct bios_registers reset = {.edx = bios_drive};
        bios_interrupt(0x13, &reset);
    }
    fail("the disk cannot be read");
}

static void read_bytes(uint32_t address, uint64_t position, uint32_t size)
{
    uint32_t sector_size = 1u << bios_sector_shift;
    while (size) {
        /* By way of a disk's sectors, which 32 bits count: there is no function here that shifts 64 bits. */
        uint32_t sector =
            (uint32_t)(position >> BOOT_DISK_SECTOR_SHIFT) >> (bios_sector_shift - BOOT_DISK_SECTOR_SHIFT);
        uint32_t skip = (uint32_t)position & (sector_size - 1);
        uint32_t got = BUFFER_SIZE / sector_size * sector_size - skip;
        if (got > size)
            got = size;
        read_sectors(sector, (skip + got + sector_size - 1) >> bios_sector_shift);
        copy((void *)address, (const char *)BUFFER_ADDRESS + skip, got);
        address += got;
        position += got;
        size -= got;
    }
}

static void load(const struct boot_segment *segment)
{
    if (!is_ram(segment->address, segment->memory_size))
        fail("the machine has not enough memory for the kernel");
    uint32_t file_size = (uint32_t)segment->file_size;
    read_bytes(segment->address, segment->offset, file_size);
    zero((void *)(segment->address + file_size), segment->memory_size - file_size);
}

void bios_main(void)
{
    const struct boot_plan *plan = (const struct boot_plan *)BOOT_PLAN_ADDRESS;
    zero(bss_start, (uint32_t)(bss_end - bss_start));
    if (plan->magic != BOOT_PLAN_MAGIC)
        fail("the disk image is damaged");
    if (!a20_is_on())
        fail("address line 20 cannot be enabled");
    read_memory_map();
    for (uint32_t i = 0; i < plan->segment_count; i++)
        load(&plan->segments[i]);

    start_info.magic = PVH_MAGIC;
    start_info.version = 1;
    start_info.memory = (uint32_t)memory;
    bios_enter_kernel(plan->entry, &start_info);
}
