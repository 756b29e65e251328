/* sbom.h: the bill of materials of what build made, as CycloneDX 1.5 JSON. */
#ifndef CC_SBOM_H
#define CC_SBOM_H

#include "base/err.h"

/* Writes to `path` what is in the kernel or executable `elf`: the program's modules, the system, and the parts of
 * others that it contains. `name` is what the whole is called. The same input gives the same bytes. */
int sbom_write(const char *elf, const char *name, const char *path, struct err *err);

#endif
