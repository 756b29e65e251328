/* Vectors of interrupts, of which there are few: whoever is connected again has the one that he had. */
#include <stdarg.h>

#include "arch/x86_64/irq.c"
#include "check.h"

static unsigned called[2];

void lapic_init(void)
{
}

uint32_t lapic_id(void)
{
    return 3;
}

void lapic_end_interrupt(void)
{
}

const struct acpi_header *acpi_find_table(const char *signature)
{
    CHECK(!signature);
    return NULL;
}

volatile void *map_device(uint64_t phys, size_t size)
{
    CHECK(!phys && !size);
    return NULL;
}

_Noreturn void panic(const char *subsystem, const char *format, ...)
{
    fprintf(stderr, "panic: %s: %s\n", subsystem, format);
    exit(1);
}

static void count(void *argument)
{
    ++*(unsigned *)argument;
}

static uint32_t message(void (*handler)(void *), void *argument)
{
    uint64_t address;
    uint32_t data;
    irq_allocate_msi(handler, argument, &address, &data);
    CHECK(address == 0xfee03000 && data >= VECTOR_FIRST_INTERRUPT && data < VECTOR_TIMER);
    return data;
}

int main(void)
{
    uint32_t first = message(count, &called[0]), second = message(count, &called[1]);
    CHECK(first != second);
    for (unsigned i = 0; i < 1000; i++) /* disks that are looked at, one after the other */
        CHECK(message(count, &called[0]) == first && message(count, &called[1]) == second);
    irq_dispatch(first);
    irq_dispatch(second);
    irq_dispatch(second);
    CHECK(called[0] == 1 && called[1] == 2 && irq_count() == 3);
    return 0;
}
