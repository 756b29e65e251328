/* boot_plan.h: from a kernel's ELF file to what the boot stubs have to do. */
#ifndef IMAGE_PLAN_OF_ELF_H
#define IMAGE_PLAN_OF_ELF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include <mewz/boot_plan.h>

/* Makes the plan for a kernel that lies at byte `offset` of the disk. Fails, with `file` in the message, where the ELF
 * file is no kernel that a PVH loader can start. */
int boot_plan_make(struct boot_plan *plan, const char *file, const uint8_t *bytes, size_t size, uint64_t offset,
                   struct err *err);

#endif
