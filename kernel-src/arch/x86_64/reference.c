/* reference.c: a counter of known frequency (reference.h). Which of them a machine has differs widely: each is probed,
 * and taken only if it counts. */
#include "arch/x86_64/reference.h"

#include <stddef.h>

#include "arch/x86_64/acpi.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/hypervisor.h"
#include "arch/x86_64/lapic.h"
#include "mm/map.h"

static struct reference reference;

/* --- the local APIC's timer, where the hypervisor tells its frequency --- */

static uint32_t lapic_count_up(void)
{
    return ~lapic_timer_count();
}

static bool probe_lapic(void)
{
    uint64_t hz = hypervisor_lapic_hz();
    if (hz == 0)
        return false;
    lapic_init();
    lapic_timer_start(UINT32_MAX, false);
    reference = (struct reference){"lapic", hz, UINT32_MAX, lapic_count_up};
    return true;
}

/* --- HPET: IA-PC HPET specification 1.0a, sections 2.3 and 3.2.4 --- */

enum { HPET_CAPABILITIES = 0, HPET_CONFIGURATION = 0x10, HPET_COUNTER = 0xf0 };
#define HPET_ENABLE     1u
#define FEMTOSECONDS    1000000000000000ull
#define HPET_PERIOD_MAX 100000000u

struct acpi_hpet {
    struct acpi_header header;
    uint32_t block_id;
    uint8_t address_space[4];
    uint64_t address;
} __attribute__((packed));

static volatile uint8_t *hpet;

static uint32_t hpet_read(void)
{
    return *(volatile uint32_t *)(hpet + HPET_COUNTER);
}

static bool probe_hpet(void)
{
    const struct acpi_hpet *table = (const void *)acpi_find_table("HPET");
    if (table == NULL || table->header.length < sizeof *table)
        return false;
    hpet = map_device(table->address, 1024);
    uint32_t period = *(volatile uint32_t *)(hpet + HPET_CAPABILITIES + 4);
    if (period == 0 || period > HPET_PERIOD_MAX)
        return false;
    *(volatile uint32_t *)(hpet + HPET_CONFIGURATION) |= HPET_ENABLE;
    reference = (struct reference){"hpet", FEMTOSECONDS / period, UINT32_MAX, hpet_read};
    return true;
}

/* --- ACPI's power management timer: ACPI 6.4, section 4.8.3.3 --- */

#define PM_TIMER_HZ     3579545
#define PM_TIMER_MASK   0xffffffu
#define FADT_PM_TMR_BLK 76
#define FADT_PM_TMR_LEN 91

static uint16_t pm_timer_port;

static uint32_t pm_timer_read(void)
{
    return in32(pm_timer_port);
}

static bool probe_pm_timer(void)
{
    const struct acpi_header *fadt = acpi_find_table("FACP");
    const uint8_t *bytes = (const uint8_t *)fadt;
    if (fadt == NULL || fadt->length <= FADT_PM_TMR_LEN || bytes[FADT_PM_TMR_LEN] != 4)
        return false;
    __builtin_memcpy(&pm_timer_port, bytes + FADT_PM_TMR_BLK, sizeof pm_timer_port);
    reference = (struct reference){"pm timer", PM_TIMER_HZ, PM_TIMER_MASK, pm_timer_read};
    return pm_timer_port != 0;
}

/* --- the 8254's channel 2, which counts without interrupting (Intel 8254 data sheet; port 0x61: gate and speaker) ---
 */

#define PIT_HZ            1193182
#define PIT_CHANNEL_2     0x42
#define PIT_COMMAND       0x43
#define PIT_GATE          0x61
#define PIT_GATE_ON       0x01
#define PIT_SPEAKER       0x02
#define PIT_2_BOTH_MODE_2 0xb4 /* channel 2, low then high byte, rate generator: counts round and round */
#define PIT_2_LATCH       0x80

static uint32_t pit_read(void)
{
    out8(PIT_COMMAND, PIT_2_LATCH);
    uint8_t low = in8(PIT_CHANNEL_2);
    return -(uint32_t)(low | in8(PIT_CHANNEL_2) << 8);
}

static bool probe_pit(void)
{
    out8(PIT_GATE, (in8(PIT_GATE) & ~PIT_SPEAKER) | PIT_GATE_ON);
    out8(PIT_COMMAND, PIT_2_BOTH_MODE_2);
    out8(PIT_CHANNEL_2, 0); /* 65536 */
    out8(PIT_CHANNEL_2, 0);
    reference = (struct reference){"pit", PIT_HZ, 0xffff, pit_read};
    return true;
}

/* A device that is not there reads the same for ever. The slowest counter here moves within 10,000 cycles. */
static bool is_counting(void)
{
    uint32_t first = reference.read();
    for (uint64_t start = rdtsc(); rdtsc() - start < 100000;) {
        if (((reference.read() - first) & reference.mask) != 0)
            return true;
    }
    return false;
}

const struct reference *reference_find(void)
{
    static bool (*const probes[])(void) = {probe_lapic, probe_hpet, probe_pm_timer, probe_pit};
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        if (probes[i]() && is_counting())
            return &reference;
    }
    return NULL;
}
