/* The battery-backed clock in each of its formats, against the C library's calendar. */
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "check.h"

/* The ports are this clock. */
#define X86_64_CPU_H
static uint8_t registers[12], selected;

static void out8(uint16_t port, uint8_t value)
{
    CHECK(port == 0x70);
    selected = value;
}

static uint8_t in8(uint16_t port)
{
    CHECK(port == 0x71);
    return selected < sizeof registers ? registers[selected] : 0xff;
}

static void cpu_pause(void)
{
}

#include "arch/x86_64/rtc.c"

static uint64_t now;

uint64_t time_now(void)
{
    return now += 100000;
}

static uint8_t encode(int value, bool binary)
{
    return (uint8_t)(binary ? value : value / 10 * 16 + value % 10);
}

static void set(time_t seconds, uint8_t format)
{
    struct tm tm;
    gmtime_r(&seconds, &tm);
    bool binary = format & STATUS_B_BINARY;
    int hour = format & STATUS_B_24_HOURS ? tm.tm_hour : (tm.tm_hour + 11) % 12 + 1;
    registers[RTC_SECOND] = encode(tm.tm_sec, binary);
    registers[RTC_MINUTE] = encode(tm.tm_min, binary);
    registers[RTC_HOUR] = encode(hour, binary);
    if (!(format & STATUS_B_24_HOURS) && tm.tm_hour >= 12)
        registers[RTC_HOUR] |= HOUR_PM;
    registers[RTC_DAY] = encode(tm.tm_mday, binary);
    registers[RTC_MONTH] = encode(tm.tm_mon + 1, binary);
    registers[RTC_YEAR] = encode(tm.tm_year - 100, binary);
    registers[RTC_STATUS_B] = format;
}

int main(void)
{
    const time_t first = 946684800, last = 4102444799; /* 2000-01-01 00:00:00 to 2099-12-31 23:59:59 */
    const uint8_t formats[] = {0, STATUS_B_BINARY, STATUS_B_24_HOURS, STATUS_B_BINARY | STATUS_B_24_HOURS};
    for (time_t time = first; time <= last; time += 3600 * 5 + 1234) {
        for (unsigned i = 0; i < 4; i++) {
            set(time, formats[i]);
            CHECK(rtc_read() == (uint64_t)time);
        }
    }
    set(last, 0);
    CHECK(rtc_read() == (uint64_t)last);
    registers[RTC_STATUS_A] = STATUS_A_UPDATING; /* for ever: it is read all the same */
    CHECK(rtc_read() == (uint64_t)last);
    memset(registers, 0xff, sizeof registers); /* nobody there */
    CHECK(rtc_read() == 0);
    registers[RTC_STATUS_A] = 0; /* there, but never set */
    CHECK(rtc_read() == 0);
    return 0;
}
