/* resolver.h: what a container's /etc/resolv.conf and /etc/hosts say of names, for its machine. */
#ifndef SHIM_RESOLVER_H
#define SHIM_RESOLVER_H

#include <stddef.h>

#include "base/arena.h"
#include "shim/spec.h"

/* The first name server with an address of this family, or NULL; on the arena. */
const char *resolver_find_server(const struct spec *spec, int family, struct arena *arena);

#define RESOLVER_SETTINGS_MAX 256

/* Fills in settings (mewz/config.h), on the arena: `search`, `ndots`, `host`. Returns how many; what is beyond the most
 * is left out. */
size_t resolver_read(const struct spec *spec, const char *settings[RESOLVER_SETTINGS_MAX], struct arena *arena);

#endif
