/* rtc.c: the MC146818 real-time clock at ports 0x70 and 0x71 (its data sheet, "time, calendar and alarm"). It is taken
 * to run in UTC and to have two digits of a year from 2000 to 2099. */
#include "arch/x86_64/rtc.h"

#include <stdbool.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/time.h"

#define PORT_INDEX 0x70
#define PORT_DATA  0x71

enum { RTC_SECOND = 0, RTC_MINUTE = 2, RTC_HOUR = 4, RTC_DAY = 7, RTC_MONTH = 8, RTC_YEAR = 9 };
enum { RTC_STATUS_A = 10, RTC_STATUS_B = 11 };

#define STATUS_A_UPDATING 0x80
#define STATUS_B_24_HOURS 0x02
#define STATUS_B_BINARY   0x04
#define HOUR_PM           0x80

struct rtc_time {
    unsigned second, minute, hour, day, month, year;
};

static uint8_t rtc_register(unsigned index)
{
    out8(PORT_INDEX, (uint8_t)index);
    return in8(PORT_DATA);
}

static struct rtc_time rtc_registers(void)
{
    return (struct rtc_time){rtc_register(RTC_SECOND), rtc_register(RTC_MINUTE), rtc_register(RTC_HOUR),
                             rtc_register(RTC_DAY),    rtc_register(RTC_MONTH),  rtc_register(RTC_YEAR)};
}

static unsigned decimal(unsigned value, bool binary)
{
    return binary ? value : value / 16 * 10 + value % 16;
}

static struct rtc_time rtc_decode(struct rtc_time raw)
{
    uint8_t format = rtc_register(RTC_STATUS_B);
    bool binary = format & STATUS_B_BINARY;
    bool pm = !(format & STATUS_B_24_HOURS) && raw.hour & HOUR_PM;
    unsigned hour = decimal(format & STATUS_B_24_HOURS ? raw.hour : raw.hour & ~HOUR_PM, binary);
    if (!(format & STATUS_B_24_HOURS))
        hour = hour % 12 + (pm ? 12 : 0);
    return (struct rtc_time){decimal(raw.second, binary), decimal(raw.minute, binary), hour,
                             decimal(raw.day, binary),    decimal(raw.month, binary),  decimal(raw.year, binary)};
}

/* Reads between two updates: twice the same, and none in progress. An update takes 2 ms, so after 10 the clock is
 * broken and what it says as good as anything. */
static struct rtc_time rtc_read_stable(void)
{
    uint64_t give_up = time_now() + 10000000;
    struct rtc_time first, second;
    bool steady;
    do {
        while (rtc_register(RTC_STATUS_A) & STATUS_A_UPDATING && time_now() < give_up)
            cpu_pause();
        first = rtc_registers();
        second = rtc_registers();
        steady = first.second == second.second && first.minute == second.minute && first.hour == second.hour &&
                 first.day == second.day;
    } while (!steady && time_now() < give_up);
    return rtc_decode(second);
}

/* Days from 1970-01-01 to the first day of a month of 2000 to 2099, in which every fourth year is a leap year. */
static uint64_t days_before(unsigned year, unsigned month)
{
    static const uint16_t before_month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    const uint64_t days_to_2000 = 10957;
    bool leap_day_passed = year % 4 == 0 && month > 2;
    return days_to_2000 + year * 365 + (year + 3) / 4 + before_month[month - 1] + leap_day_passed;
}

uint64_t rtc_read(void)
{
    if (rtc_register(RTC_STATUS_A) == 0xff)
        return 0; /* nobody answers */
    struct rtc_time time = rtc_read_stable();
    if (time.second > 59 || time.minute > 59 || time.hour > 23 || time.day < 1 || time.day > 31 || time.month < 1 ||
        time.month > 12 || time.year > 99)
        return 0;
    uint64_t days = days_before(time.year, time.month) + time.day - 1;
    return ((days * 24 + time.hour) * 60 + time.minute) * 60 + time.second;
}
