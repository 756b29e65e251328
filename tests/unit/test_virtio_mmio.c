/* How virtio-mmio devices are found, on command lines and in ACPI tables as machines and enemies write them. */
#include <string.h>

#include "check.h"
#include "dev/virtio_mmio.c"

/* --- what it needs of the kernel --- */

struct boot_info boot_info;

void irq_connect_gsi(unsigned gsi, void (*handler)(void *), void *argument)
{
    (void)gsi, (void)handler, (void)argument;
}

uint64_t page_phys(const void *address)
{
    return (uint64_t)address;
}

/* The registers behind every address that is asked for. */
static uint32_t registers[128];
static uint64_t mapped;

volatile void *map_device(uint64_t phys, size_t size)
{
    CHECK(size <= sizeof registers);
    mapped = phys;
    return registers;
}

static const struct acpi_header *dsdt;

const struct acpi_header *fadt_find_dsdt(void)
{
    return dsdt;
}

/* --- tests --- */

/* The address of the device that is found, 0 if none is; *gsi is its interrupt. */
static uint64_t find_on_line(const char *line, unsigned *gsi)
{
    struct virtio_device device = {0};
    mapped = 0;
    boot_info.command_line = line;
    if (!virtio_mmio_find(VIRTIO_ID_CONSOLE, &device))
        return 0;
    *gsi = device.gsi;
    return mapped;
}

static void set_device(uint32_t magic, uint32_t version, uint32_t id)
{
    registers[MAGIC / 4] = magic;
    registers[VERSION / 4] = version;
    registers[DEVICE_ID / 4] = id;
}

static void test_command_line(void)
{
    unsigned gsi = 0;
    set_device(MAGIC_VALUE, 2, VIRTIO_ID_CONSOLE);
    CHECK(find_on_line(" virtio_mmio.device=512@0xfeb00e00:12", &gsi) == 0xfeb00e00 && gsi == 12);
    CHECK(find_on_line("console=x virtio_mmio.device=4K@0xd0000000:5 y", &gsi) == 0xd0000000 && gsi == 5);
    CHECK(find_on_line("virtio_mmio.device=0x200@3221225472:10", &gsi) == 0xc0000000 && gsi == 10);
    CHECK(find_on_line("virtio_mmio.device=4K@0xD00AB000:5:7", &gsi) == 0xd00ab000 && gsi == 5);
    CHECK(find_on_line("virtio_mmio.device=junk virtio_mmio.device=512@0x1000:3", &gsi) == 0x1000 && gsi == 3);

    const char *none[] = {"",
                          "quiet",
                          "virtio_mmio.device",
                          "virtio_mmio.device=",
                          "virtio_mmio.device=512",
                          "virtio_mmio.device=512@",
                          "virtio_mmio.device=512@0x1000",
                          "virtio_mmio.device=512@0:1",
                          "virtio_mmio.device=512@0x1001:1",
                          "xvirtio_mmio.device=512@0x1000:1"};
    for (unsigned i = 0; i < sizeof none / sizeof none[0]; i++)
        CHECK(find_on_line(none[i], &gsi) == 0);

    struct virtio_device second = {.skip = 1};
    boot_info.command_line = "virtio_mmio.device=512@0x1000:3 virtio_mmio.device=512@0x2000:4";
    CHECK(virtio_mmio_find(VIRTIO_ID_CONSOLE, &second) && mapped == 0x2000 && second.gsi == 4);
    second.skip = 2;
    CHECK(!virtio_mmio_find(VIRTIO_ID_CONSOLE, &second) && second.skip == 0);

    set_device(MAGIC_VALUE, 2, 1); /* a network card */
    CHECK(find_on_line("virtio_mmio.device=512@0x1000:1", &gsi) == 0);
    set_device(MAGIC_VALUE, 1, VIRTIO_ID_CONSOLE); /* legacy */
    CHECK(find_on_line("virtio_mmio.device=512@0x1000:1", &gsi) == 0);
    set_device(0xffffffff, 0xffffffff, 0xffffffff); /* nothing there */
    CHECK(find_on_line("virtio_mmio.device=512@0x1000:1", &gsi) == 0);
}

/* A table with a device as QEMU's microvm writes it; returns its size. */
static size_t write_dsdt(char *table)
{
    static const char body[] = "\x5b\x82\x30VR00\x08_HID\x0dLNRO0005\0\x08_UID\0\x08_CCA\1\x08_CRS\x11\x1a\x0a\x17"
                               "\x86\x09\0\1\0\x0e\xb0\xfe\0\2\0\0"
                               "\x89\x06\0\1\1\x17\0\0\0"
                               "\x79";
    struct acpi_header header = {.signature = "DSDT", .length = sizeof header + sizeof body};
    memcpy(table, &header, sizeof header);
    memcpy(table + sizeof header, body, sizeof body);
    return header.length;
}

static void test_acpi(void)
{
    char table[256];
    struct virtio_device device = {0};
    size_t size = write_dsdt(table);
    set_device(MAGIC_VALUE, 2, VIRTIO_ID_CONSOLE);
    dsdt = NULL;
    CHECK(!virtio_acpi_find(VIRTIO_ID_CONSOLE, &device));
    dsdt = (const void *)table;
    CHECK(virtio_acpi_find(VIRTIO_ID_CONSOLE, &device) && device.gsi == 23 && mapped == 0xfeb00e00);
    CHECK(!virtio_acpi_find(VIRTIO_ID_ENTROPY, &device));

    /* Cut off anywhere, or with any byte changed, it may be found or not: nothing outside of it is read. */
    for (size_t cut = sizeof *dsdt; cut < size; cut++) {
        char *exact = malloc(cut);
        memcpy(exact, table, cut);
        ((struct acpi_header *)(void *)exact)->length = (uint32_t)cut;
        dsdt = (const void *)exact;
        virtio_acpi_find(VIRTIO_ID_CONSOLE, &device);
        free(exact);
    }
    for (size_t at = sizeof *dsdt; at < size; at++) {
        char *exact = malloc(size);
        memcpy(exact, table, size);
        exact[at] ^= (char)0xff;
        dsdt = (const void *)exact;
        virtio_acpi_find(VIRTIO_ID_CONSOLE, &device);
        free(exact);
    }
}

int main(void)
{
    test_command_line();
    test_acpi();
    return 0;
}
