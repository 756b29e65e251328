/* streams.h: where containerd wants the standard streams: paths of FIFOs, `file://` and `binary://` URIs, or nothing.
 */
#ifndef SHIM_STREAMS_H
#define SHIM_STREAMS_H

#include "base/err.h"

struct streams {
    const char *in, *out, *err; /* "" for none */
};

/* Makes them this process's descriptors 0 to 2; those that are none lead to /dev/null. `id` and `namespace` are for a
 * logging program (binary://), which is started. The writing end of stdin is somebody else's to hold and to close:
 * see streams_hold_stdin. */
int streams_attach(const struct streams *streams, const char *id, const char *namespace, struct err *err);

/* The writing end of stdin's FIFO, so that stdin does not end before containerd's client comes; -1 without stdin. */
int streams_hold_stdin(const struct streams *streams);

#endif
