/* layout.h: where link.ld put the kernel. Read by C and by the assembler. */
#ifndef X86_64_LAYOUT_H
#define X86_64_LAYOUT_H

/* An address of the kernel less its physical address; link.ld's mewz_kernel_base. */
#define LAYOUT_KERNEL_BASE 0xffffffffc0000000

#ifndef __ASSEMBLER__

/* The image's page-aligned borders: code, constants, then variables to the end. */
extern char layout_text[], layout_rodata[], layout_data[], layout_end[];

#endif
#endif
