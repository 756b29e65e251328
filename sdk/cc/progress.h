/* progress.h: what a compilation says on stderr while it goes on. */
#ifndef CC_PROGRESS_H
#define CC_PROGRESS_H

#include <stdint.h>

/* Says once `seconds` have passed what part of the work is done, in a line of stderr that the next call replaces and
 * the last one, with `done` as large as `total`, removes. Only where stderr is a terminal that can do so. For
 * compile_options' `progress`. */
void progress_show(uint32_t done, uint32_t total, double seconds);

/* For compile_options' `warn`. */
void progress_warn(const char *text);

#endif
