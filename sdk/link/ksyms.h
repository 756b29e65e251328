/* ksyms.h: the kernel's function names for the backtrace of a panic, in the format of mewz/ksyms.h. */
#ifndef LINK_KSYMS_H
#define LINK_KSYMS_H

#include "base/buf.h"
#include "base/elf.h"

/* Appends the blob for the kernel functions of a linked kernel. */
void ksyms_encode(const struct elf *kernel, struct buf *out);

#endif
