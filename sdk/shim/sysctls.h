/* sysctls.h: settings of Linux that belong to a pod's namespaces. */
#ifndef SHIM_SYSCTLS_H
#define SHIM_SYSCTLS_H

#include <stdbool.h>

#include "base/err.h"
#include "shim/spec.h"

/* Sets those of linux.sysctl, for the namespaces that the caller is in. One that would be the host's is refused: of the
 * network without `has_own_network`, of processes' messages without a namespace for them, and all others. */
int sysctls_set(const struct spec *spec, bool has_own_network, struct err *err);

#endif
