/* namespaces.h: the namespaces of a container, for the process that calls. */
#ifndef SHIM_NAMESPACES_H
#define SHIM_NAMESPACES_H

#include <stdbool.h>

#include "base/err.h"
#include "shim/spec.h"

/* Whether the specification means the host's network, in which the caller still is: by its path, or by not naming one.
 */
bool namespaces_have_host_network(const struct spec *spec);

/* Joins the network namespace that the specification names by path, or makes one, even where the host's is meant, which
 * is nothing for a machine to touch. */
int namespaces_enter_network(const struct spec *spec, struct err *err);

/* Joins or makes the others that the specification has, and always makes one for mounts, from which nothing gets back
 * to the host's. */
int namespaces_enter(const struct spec *spec, struct err *err);

/* The same for the process namespace, which holds for later children only: the first of them is the namespace's first
 * process, with whose end all others end. */
int namespaces_enter_pid(const struct spec *spec, struct err *err);

#endif
