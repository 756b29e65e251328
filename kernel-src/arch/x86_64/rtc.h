/* rtc.h: the battery-backed clock. */
#ifndef X86_64_RTC_H
#define X86_64_RTC_H

#include <stdint.h>

/* Seconds since 1970-01-01 UTC; 0 where there is no such clock. */
uint64_t rtc_read(void);

#endif
