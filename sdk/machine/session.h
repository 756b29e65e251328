/* session.h: the traffic between a running QEMU and this process's standard streams. */
#ifndef MACHINE_SESSION_H
#define MACHINE_SESSION_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "machine/child.h"
#include "machine/machine.h"
#include "machine/metrics.h"

/* What QEMU said beside the streams. */
struct session_result {
    struct buf serial; /* the end of what came over the serial port */
    struct buf errors; /* QEMU's own words */
    struct buf exit;   /* the exit code, one byte; or nothing */
};

/* Lets the machine begin, unless a debugger or `control` will, and carries the streams until QEMU has closed all of its
 * ends, that is until it has ended. Everything that the program wrote has been written then, or `control` says what is
 * lost. Shows the kernel's `metrics` to whoever asks (metrics.h),
 * and fetches its `profile` at the end (profile.h). Fails when this process's stdout or stderr cannot be
 * written. The caller frees the buffers. */
int session_carry(struct child *child, const struct machine_control *control, bool debugger_begins,
                  const struct metrics *metrics, const struct profile *profile, struct session_result *result,
                  struct err *err);

#endif
